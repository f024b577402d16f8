// The Docker plugin: kreuzwerker's provider behind Pulumi's bridge.
package main

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shimv2 "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim/sdk-v2"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-docker/shim"

	"leasehold.dev/toolchain/pulumi/bridge"
)

var version string // set by the linker

// named keeps the bridge from pluralising a name that the Python SDK has in the singular.
func named(name string) *tfbridge.SchemaInfo { return &tfbridge.SchemaInfo{Name: name} }

func main() {
	info := bridge.Resources(tfbridge.ProviderInfo{
		P:       shimv2.NewProvider(shim.New(version)),
		Name:    "docker",
		Version: version,
		Config: map[string]*tfbridge.SchemaInfo{
			"registry_auth": {Name: "registryAuth", MaxItemsOne: tfbridge.False()},
		},
		Resources: map[string]*tfbridge.ResourceInfo{
			"docker_container": {
				Fields: map[string]*tfbridge.SchemaInfo{
					"command":           named("command"),
					"networks_advanced": named("networksAdvanced"),
				},
				DeleteBeforeReplace: true,
			},
			"docker_image": {Fields: map[string]*tfbridge.SchemaInfo{"name": named("name")}},
		},
	}, map[string]tokens.Type{
		"docker_container": "docker:index/container:Container",
		"docker_image":     "docker:index/remoteImage:RemoteImage",
		"docker_network":   "docker:index/network:Network",
		"docker_volume":    "docker:index/volume:Volume",
	})
	tfbridge.Main("docker", version, info, []byte("{}"))
}
