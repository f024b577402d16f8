// Package shim opens the random provider's internal package to the plugin's main.
package shim

import (
	fw "github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/terraform-providers/terraform-provider-random/internal/provider"
)

// New returns the provider as upstream registers it.
func New() fw.Provider {
	return provider.New()
}
