// The Vault plugin: HashiCorp's provider behind Pulumi's bridge.
//
// The Go module proxy serves provider 3.3.1 at the newest, so programs set only what exists both there and
// in the SDK of today. tests/contract holds the components to that.
package main

import (
	"github.com/hashicorp/terraform-provider-vault/generated"
	"github.com/hashicorp/terraform-provider-vault/schema"
	"github.com/hashicorp/terraform-provider-vault/vault"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"

	"leasehold.dev/toolchain/pulumi/bridge"
)

var version string // set by the linker

func main() {
	provider := schema.NewProvider(vault.Provider())
	for name, resource := range generated.ResourceRegistry {
		provider.RegisterResource(name, resource)
	}
	info := bridge.Resources(tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(provider.SchemaProvider()),
		Name:    "vault",
		Version: version,
		Config: map[string]*tfbridge.SchemaInfo{
			"auth_login": {Name: "authLogin", MaxItemsOne: tfbridge.True()},
		},
	}, map[string]tokens.Type{
		"vault_approle_auth_backend_role":           "vault:appRole/authBackendRole:AuthBackendRole",
		"vault_approle_auth_backend_role_secret_id": "vault:appRole/authBackendRoleSecretId:AuthBackendRoleSecretId",
		"vault_auth_backend":                        "vault:index/authBackend:AuthBackend",
		"vault_database_secret_backend_connection":  "vault:database/secretBackendConnection:SecretBackendConnection",
		"vault_database_secret_backend_role":        "vault:database/secretBackendRole:SecretBackendRole",
		"vault_generic_endpoint":                    "vault:generic/endpoint:Endpoint",
		"vault_jwt_auth_backend":                    "vault:jwt/authBackend:AuthBackend",
		"vault_jwt_auth_backend_role":               "vault:jwt/authBackendRole:AuthBackendRole",
		"vault_mount":                               "vault:index/mount:Mount",
		"vault_policy":                              "vault:index/policy:Policy",
	})
	tfbridge.Main("vault", version, info, []byte("{}"))
}
