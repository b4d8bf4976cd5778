package main_test

import (
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"os/exec"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
)

// module is the path of this module.
const module = "bucketlake"

// topLevel are the folders of the repository, beside dot-folders. bin and data are what a build and
// a run leave behind: git ignores them.
var topLevel = []string{"cmd", "extract", "transform", "load", "schemas", "deploy", "bin", "data"}

// ours says which of our packages the sources of a folder may import; /... takes in what lies below.
// A folder that does not stand here is bound by the line of the nearest one above it. Tests import
// what they need, but not cmd.
var ours = map[string][]string{
	"cmd":                             {"cmd/...", "extract/...", "transform", "load/...", "schemas"},
	"extract":                         {"extract/bitbucket"},
	"extract/bitbucket":               {},
	"extract/bitbucket/bitbuckettest": {},
	"extract/oauth":                   {"extract/state"},
	"extract/state":                   {},
	"extract/state/statetest":         {},
	"transform":                       {"schemas", "extract/bitbucket"},
	"load":                            {"schemas", "load/..."},
	"schemas":                         {},
}

// theirs says which folders may import a module that is kept in one place. Modules that don't stand
// here may be imported anywhere.
var theirs = map[string][]string{
	"github.com/apache/arrow-go":           {"load", "schemas"},
	"github.com/aws":                       {"load", "extract/oauth"},
	"github.com/tink-crypto":               {"extract/oauth"},
	"modernc.org/sqlite":                   {"extract/state"},
	"github.com/jackc/pgx":                 {"extract/state", "cmd"},
	"github.com/pressly/goose":             {"extract/state"},
	"github.com/riverqueue/river":          {"cmd"},
	"github.com/robfig/cron":               {"cmd"},
	"github.com/prometheus":                {"cmd"},
	"go.opentelemetry.io":                  {"cmd"},
	"github.com/spf13/cobra":               {"cmd"},
	"github.com/kelseyhightower/envconfig": {"cmd"},
	"github.com/vbauerster/mpb":            {"cmd"},
}

func TestImports(t *testing.T) {
	found, files := violations(t, os.DirFS("../.."))
	if files < 20 {
		t.Fatalf("found %d source files: is this the repository?", files)
	}
	for _, v := range found {
		t.Error(v)
	}
}

// TestNeedsNoC holds that nothing that is linked in is written in C, but what the standard library does without, too: the
// binary is static, and runs in an image with nothing else in it.
func TestNeedsNoC(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "-f", "{{if not .Standard}}{{.ImportPath}}{{range .CgoFiles}} {{.}}{{end}}{{end}}", ".")
	list.Env = append(os.Environ(), "CGO_ENABLED=1")
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	packages := strings.Fields(string(out))
	if !slices.Contains(packages, module+"/load") {
		t.Fatalf("the list lacks %s/load: %s", module, out)
	}
	for _, p := range packages {
		if strings.HasSuffix(p, ".go") {
			t.Errorf("%s needs a C compiler", p)
		}
	}
}

func TestTopLevelFolders(t *testing.T) {
	for _, name := range strangers(t, os.DirFS("../..")) {
		t.Errorf("%s: no top-level folder but %v", name, topLevel)
	}
}

// TestImportsViolated shows that the policy sees what it forbids.
func TestImportsViolated(t *testing.T) {
	source := func(pkg, imports string) *fstest.MapFile {
		return &fstest.MapFile{Data: []byte("package " + pkg + "\n\nimport " + strconv.Quote(imports) + "\n")}
	}
	tree := fstest.MapFS{
		"schemas/up.go":                        source("schemas", "bucketlake/transform"),
		"schemas/arrow.go":                     source("schemas", "github.com/apache/arrow-go/v18/arrow"), // allowed
		"transform/client.go":                  source("transform", "bucketlake/extract/oauth"),
		"transform/objects.go":                 source("transform", "bucketlake/extract/bitbucket"), // allowed
		"transform/simulated.go":               source("transform", "bucketlake/extract/bitbucket/bitbuckettest"),
		"transform/simulated_test.go":          source("transform", "bucketlake/extract/bitbucket/bitbuckettest"), // allowed
		"load/source.go":                       source("load", "bucketlake/extract"),
		"load/store/s3.go":                     source("store", "github.com/aws/aws-sdk-go-v2/service/s3"), // allowed
		"load/command_test.go":                 source("load_test", "bucketlake/cmd/bucketlake"),
		"extract/land.go":                      source("extract", "bucketlake/load"),
		"extract/aws.go":                       source("extract", "github.com/aws/aws-sdk-go-v2/aws"),
		"extract/queue.go":                     source("extract", "github.com/riverqueue/river/rivertype"),
		"extract/bitbucket/bitbuckettest/x.go": source("bitbuckettest", "bucketlake/extract/bitbucket"),
		"extract/oauth/state.go":               source("oauth", "bucketlake/extract/state"),                 // allowed
		"extract/oauth/kms.go":                 source("oauth", "github.com/aws/aws-sdk-go-v2/service/kms"), // allowed
		"cmd/bucketlake/arrow.go":              source("main", "github.com/apache/arrow-go/v18/arrow"),
		"cmd/bucketlake/cron.go":               source("main", "github.com/robfig/cron/v3"),                  // allowed
		"cmd/bucketlake/demo.go":               source("main", "bucketlake/extract/bitbucket/bitbuckettest"), // allowed
		"util/util.go":                         source("util", "strings"),
		".ci/tools/tool.go":                    source("tools", "bucketlake/cmd/bucketlake"), // not looked at
		"extract/bitbucket/testdata/x.go":      source("x", "bucketlake/load"),               // not looked at
	}
	got, _ := violations(t, tree)
	want := []string{
		"cmd/bucketlake/arrow.go imports github.com/apache/arrow-go/v18/arrow: only load, schemas may",
		"extract/aws.go imports github.com/aws/aws-sdk-go-v2/aws: only load, extract/oauth may",
		"extract/bitbucket/bitbuckettest/x.go imports bucketlake/extract/bitbucket: extract/bitbucket/bitbuckettest imports nothing of ours",
		"extract/land.go imports bucketlake/load: extract may import only extract/bitbucket",
		"extract/queue.go imports github.com/riverqueue/river/rivertype: only cmd may",
		"load/command_test.go imports bucketlake/cmd/bucketlake: nothing imports cmd",
		"load/source.go imports bucketlake/extract: load may import only schemas, load/...",
		"schemas/up.go imports bucketlake/transform: schemas imports nothing of ours",
		"transform/client.go imports bucketlake/extract/oauth: transform may import only schemas, extract/bitbucket",
		"transform/simulated.go imports bucketlake/extract/bitbucket/bitbuckettest: transform may import only schemas, extract/bitbucket",
		"util/util.go: the policy has no line for util",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("violations (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"util"}, strangers(t, tree)); diff != "" {
		t.Errorf("top-level folders (-want +got):\n%s", diff)
	}
}

// violations parses the sources under fsys and returns what breaks the policy, sorted, and how many
// files it parsed.
func violations(t *testing.T, fsys fs.FS) (found []string, files int) {
	t.Helper()
	err := fs.WalkDir(fsys, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if hidden := strings.HasPrefix(d.Name(), "."); name != "." && (hidden || ignored(name)) {
				return fs.SkipDir
			}
			return nil
		}
		if path.Ext(name) != ".go" {
			return nil
		}
		files++
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, src, parser.ImportsOnly)
		if err != nil {
			return err
		}
		rule, ok := nearest(path.Dir(name))
		if !ok {
			found = append(found, fmt.Sprintf("%s: the policy has no line for %s", name, path.Dir(name)))
			return nil
		}
		for _, spec := range file.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			if reason := forbidden(name, rule, imported); reason != "" {
				found = append(found, fmt.Sprintf("%s imports %s: %s", name, imported, reason))
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return found, files
}

// forbidden returns why a file that is bound by a rule may not import a package; empty: it may.
func forbidden(file, rule, imported string) string {
	test := strings.HasSuffix(file, "_test.go")
	if pkg, ok := strings.CutPrefix(imported, module+"/"); ok {
		switch {
		case under(pkg, "cmd") && !under(file, "cmd"):
			return "nothing imports cmd"
		case test || slices.ContainsFunc(ours[rule], func(p string) bool { return matches(p, pkg) }):
			return ""
		case len(ours[rule]) == 0:
			return rule + " imports nothing of ours"
		}
		return rule + " may import only " + strings.Join(ours[rule], ", ")
	}
	for prefix, dirs := range theirs {
		if under(imported, prefix) && !test && !slices.ContainsFunc(dirs, func(dir string) bool { return under(file, dir) }) {
			return "only " + strings.Join(dirs, ", ") + " may"
		}
	}
	return ""
}

// matches reports whether a pattern names a package: load is that package, load/... all below it too.
func matches(pattern, pkg string) bool {
	dir, all := strings.CutSuffix(pattern, "/...")
	return pkg == dir || all && under(pkg, dir)
}

// nearest returns the folder of the policy that binds dir: itself or the nearest above it.
func nearest(dir string) (string, bool) {
	for ; dir != "."; dir = path.Dir(dir) {
		if _, ok := ours[dir]; ok {
			return dir, true
		}
	}
	return "", false
}

// under reports whether name is the folder or module dir, or lies below it.
func under(name, dir string) bool {
	return name == dir || strings.HasPrefix(name, dir+"/")
}

// strangers returns the top-level folders that should not be there.
func strangers(t *testing.T, fsys fs.FS) []string {
	t.Helper()
	entries, err := fs.ReadDir(fsys, ".")
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range entries {
		if e.IsDir() && !strings.HasPrefix(e.Name(), ".") && !slices.Contains(topLevel, e.Name()) {
			names = append(names, e.Name())
		}
	}
	return names
}

// ignored reports whether a folder holds no sources of ours.
func ignored(dir string) bool {
	return dir == "bin" || dir == "data" || path.Base(dir) == "testdata"
}
