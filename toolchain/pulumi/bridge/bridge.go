// Package bridge holds what the plugins' mains share: which of a provider's resources a Pulumi token names.
package bridge

import (
	"github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfbridge"
	shim "github.com/pulumi/pulumi-terraform-bridge/v3/pkg/tfshim"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
)

// Resources maps the named Terraform resources to the tokens that the Python SDK asks for, and tells the
// bridge to leave the rest of the provider alone.
func Resources(info tfbridge.ProviderInfo, toks map[string]tokens.Type) tfbridge.ProviderInfo {
	if info.Resources == nil {
		info.Resources = map[string]*tfbridge.ResourceInfo{}
	}
	for name, tok := range toks {
		if info.Resources[name] == nil {
			info.Resources[name] = &tfbridge.ResourceInfo{}
		}
		info.Resources[name].Tok = tok
	}
	ignore := func(name string, _ shim.Resource) bool {
		if _, mapped := info.Resources[name]; !mapped {
			info.IgnoreMappings = append(info.IgnoreMappings, name)
		}
		return true
	}
	info.P.ResourcesMap().Range(ignore)
	info.P.DataSourcesMap().Range(func(name string, _ shim.Resource) bool {
		info.IgnoreMappings = append(info.IgnoreMappings, name)
		return true
	})
	return info
}
