package main

import (
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"bucketlake/schemas"
)

// TestReadmeSettings holds the table of settings in the README against the code.
func TestReadmeSettings(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for f := range reflect.TypeFor[settings]().Fields() {
		value := f.Tag.Get("default")
		if value != "" {
			value = "`" + value + "`"
		}
		want = append(want, strings.Join([]string{"| `" + f.Tag.Get("envconfig") + "`", value, f.Tag.Get("desc") + " |"}, " | "))
	}
	got := regexp.MustCompile("(?m)^\\| `[A-Z_]+`.*$").FindAllString(string(readme), -1)
	for i := range got {
		got[i] = regexp.MustCompile(` *\| *`).ReplaceAllString(got[i], " | ")
		got[i] = strings.TrimSpace(got[i])
	}
	for i := range want {
		want[i] = strings.TrimSpace(regexp.MustCompile(` *\| *`).ReplaceAllString(want[i], " | "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("the README's settings differ from the code; it should say:\n\n%s\n\nit says:\n\n%s", strings.Join(want, "\n"), strings.Join(got, "\n"))
	}
}

// TestReadmeTables holds the list of tables in the README against the schemas.
func TestReadmeTables(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(readme), "@@") {
		t.Error("the README shows a placeholder")
	}
	for _, table := range schemas.Tables() {
		if !strings.Contains(string(readme), "| `"+table.Name+"` |") {
			t.Errorf("the README's tables lack %s", table.Name)
		}
	}
}

// TestReadmeAthena goes the README's way from an empty bucket to Athena, with an aws and a bucketlake that do nothing: it is at most
// ten lines, its commands are there, and the policies that it fills in are policies.
func TestReadmeAthena(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "### From an empty bucket to Athena")
	_, rest, _ = strings.Cut(rest, "```sh\n")
	block, _, ok := strings.Cut(rest, "```")
	if n := strings.Count(block, "\n"); !ok || n == 0 || n > 10 {
		t.Fatalf("%d lines", n)
	}
	dir := t.TempDir()
	for name, script := range map[string]string{
		"aws":        `case "$1" in sts) echo 123456789012;; esac; printf '%s\0' "$@" "END" >>"$CALLS"`,
		"bucketlake": `printf '%s\0' bucketlake "$@" "END" >>"$CALLS"`,
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("#!/bin/sh\n"+script+"\n"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), "bash", "-euo", "pipefail", "-c", block)
	cmd.Dir = "../.."
	cmd.Env = append(os.Environ(), "PATH="+dir+":"+os.Getenv("PATH"), "CALLS="+filepath.Join(dir, "calls"))
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	calls, err := os.ReadFile(filepath.Join(dir, "calls"))
	if err != nil {
		t.Fatal(err)
	}
	policies := 0
	for call := range strings.SplitSeq(strings.TrimSuffix(string(calls), "\x00END\x00"), "\x00END\x00") {
		args := strings.Split(call, "\x00")
		if args[0] == "bucketlake" {
			found, _, err := rootCommand(io.Discard, io.Discard).Find(args[1:])
			if err != nil || found.Name() != args[1] {
				t.Errorf("there is no command %q: %v", args[1:], err)
			}
		}
		for i, arg := range args {
			if file, ok := strings.CutPrefix(arg, "file://"); ok {
				if _, err := os.Stat(filepath.Join("../..", file)); err != nil {
					t.Error(err)
				}
			}
			if i > 0 && args[i-1] == "--policy-document" {
				policies++
				if placeholder := regexp.MustCompile(`\b(BUCKET|PREFIX|REGION|ACCOUNT|DATABASE)\b`).FindString(arg); placeholder != "" || !json.Valid([]byte(arg)) ||
					!strings.Contains(arg, "arn:aws:s3:::acme-lake/lake/*") && !strings.Contains(arg, "arn:aws:glue:eu-central-1:123456789012:table/bucketlake/*") {
					t.Errorf("%s is left in %s", placeholder, arg)
				}
			}
		}
	}
	if policies != 2 {
		t.Errorf("%d policies: %q", policies, calls)
	}
}
