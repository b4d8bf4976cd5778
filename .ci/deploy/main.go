// Command deploy checks files of deploy/ with the code that reads them in the end: manifests with Kubernetes' own types, in
// which every field has to be known, and a Compose file with Compose's own loader.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/yaml"
	"k8s.io/client-go/kubernetes/scheme"
	sigs "sigs.k8s.io/yaml"
)

func main() {
	if err := check(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "deploy:", err)
		os.Exit(1)
	}
}

func check(args []string) error {
	switch {
	case len(args) == 3 && args[0] == "compose":
		return compose(args[1], args[2])
	case len(args) == 2 && args[0] == "dashboard":
		return dashboard(args[1])
	case len(args) >= 1 && args[0] == "kubernetes":
		return kubernetes(os.Stdin, args[1:])
	}
	return errors.New("usage: deploy compose FILE DIRECTORY, deploy dashboard FILE, or deploy kubernetes [GROUP/VERSION...] <MANIFESTS; of these groups only the form is checked")
}

func compose(file, dir string) error {
	o, err := cli.NewProjectOptions([]string{file}, cli.WithWorkingDirectory(dir), cli.WithOsEnv, cli.WithProfiles([]string{"*"}), cli.WithResolvedPaths(true))
	if err != nil {
		return err
	}
	p, err := o.LoadProject(context.Background())
	if err != nil {
		return err
	}
	fmt.Println(file+":", len(p.Services), "services")
	return nil
}

// variables are those of Grafana, and what they might be.
var variables = strings.NewReplacer("$__rate_interval", "5m", "$workspace", "acme", "$job", "bucketlake")

// dashboard prints the queries of a dashboard as rules, which promtool can check.
func dashboard(file string) error {
	text, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	var d struct {
		Panels []struct {
			Title   string
			Targets []struct{ Expr string }
		}
	}
	if err := json.Unmarshal(text, &d); err != nil {
		return err
	}
	var rules []map[string]string
	for _, p := range d.Panels {
		for _, t := range p.Targets {
			rules = append(rules, map[string]string{"record": fmt.Sprintf("panel:query:%d", len(rules)), "expr": variables.Replace(t.Expr)})
		}
	}
	if len(rules) == 0 {
		return errors.New("no query")
	}
	out, err := sigs.Marshal(map[string]any{"groups": []map[string]any{{"name": "dashboard", "rules": rules}}})
	if err == nil {
		_, err = os.Stdout.Write(out)
	}
	return err
}

// kubernetes decodes each manifest into its type. One of a custom resource has none here.
func kubernetes(r io.Reader, custom []string) error {
	decoder := serializer.NewCodecFactory(scheme.Scheme, serializer.EnableStrict).UniversalDeserializer()
	pages := yaml.NewYAMLReader(bufio.NewReader(r))
	for n := 0; ; {
		page, err := pages.Read()
		if errors.Is(err, io.EOF) {
			fmt.Println("kubernetes:", n, "manifests")
			if n == 0 {
				return errors.New("no manifest")
			}
			return nil
		}
		if err != nil {
			return err
		}
		if len(bytes.TrimSpace(page)) == 0 {
			continue
		}
		var head struct {
			APIVersion string `json:"apiVersion"`
			Kind       string `json:"kind"`
		}
		if err := sigs.Unmarshal(page, &head); err != nil {
			return err
		}
		if head.Kind == "" {
			continue // a comment
		}
		n++
		if _, _, err := decoder.Decode(page, nil, nil); err != nil && !(runtime.IsNotRegisteredError(err) && contains(custom, head.APIVersion)) {
			return fmt.Errorf("%s %s: %w", head.APIVersion, head.Kind, err)
		}
	}
}

func contains(all []string, one string) bool {
	for _, a := range all {
		if a == one {
			return true
		}
	}
	return false
}
