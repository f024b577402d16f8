// Package shim opens the Docker provider's internal package to the plugin's main.
package shim

import (
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/schema"
	"github.com/terraform-providers/terraform-provider-docker/internal/provider"
)

// New returns the provider as upstream registers it.
func New(version string) *schema.Provider {
	return provider.New(version)()
}
