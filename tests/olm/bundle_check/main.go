// Validates a bundle as `operator-sdk bundle validate` does, with the optional validators as well, and prints one line
// for each error and warning; or prints the definition of ClusterServiceVersions, with --definition.
package main

import (
	"encoding/json"
	"fmt"
	"os"

	"github.com/operator-framework/api/crds"
	"github.com/operator-framework/api/pkg/manifests"
	"github.com/operator-framework/api/pkg/validation"
	"github.com/operator-framework/api/pkg/validation/errors"
	interfaces "github.com/operator-framework/api/pkg/validation/interfaces"
)

// All but those that are deprecated, and those that pull images.
var validators = interfaces.Validators{
	validation.ClusterServiceVersionValidator,
	validation.CustomResourceDefinitionValidator,
	validation.BundleValidator,
	validation.OperatorHubV2Validator,
	validation.StandardCapabilitiesValidator,
	validation.StandardCategoriesValidator,
	validation.ObjectValidator,
	validation.AlphaDeprecatedAPIsValidator,
	validation.GoodPracticesValidator,
}

func say(level string, found []errors.Error) {
	for _, one := range found {
		fmt.Printf("%s: %s: %v\n", level, one.Detail, one.BadValue)
	}
}

func main() {
	if os.Args[1] == "--definition" {
		definition := crds.ClusterServiceVersion()
		definition.APIVersion, definition.Kind = "apiextensions.k8s.io/v1", "CustomResourceDefinition"
		if err := json.NewEncoder(os.Stdout).Encode(definition); err != nil {
			panic(err)
		}
		return
	}
	bundle, err := manifests.GetBundleFromDir(os.Args[1])
	if err != nil {
		fmt.Printf("error: %v\n", err)
		return
	}
	for _, result := range validators.Validate(bundle.ObjectsToValidate()...) {
		say("error", result.Errors)
		say("warning", result.Warnings)
	}
}
