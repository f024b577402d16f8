// The random plugin: upstream's provider behind Pulumi's bridge.
//
// RandomBytes is left out on purpose: its id is the secret itself, and Pulumi does not encrypt ids.
package main

import (
	"context"

	pf "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/pf/tfbridge"
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/terraform-providers/terraform-provider-random/shim"

	"leasehold.dev/toolchain/pulumi/bridge"
)

var version string // set by the linker

func main() {
	info := bridge.Resources(tfbridge.ProviderInfo{
		P:            pf.ShimProvider(shim.New()),
		Name:         "random",
		Version:      version,
		MetadataInfo: tfbridge.NewProviderMetadata([]byte("{}")),
	}, map[string]tokens.Type{
		"random_id":       "random:index/randomId:RandomId",
		"random_integer":  "random:index/randomInteger:RandomInteger",
		"random_password": "random:index/randomPassword:RandomPassword",
		"random_pet":      "random:index/randomPet:RandomPet",
		"random_string":   "random:index/randomString:RandomString",
		"random_uuid":     "random:index/randomUuid:RandomUuid",
	})
	pf.Main(context.Background(), "random", info, pf.ProviderMetadata{PackageSchema: []byte(`{"name":"random"}`)})
}
