package main

import (
	"os"
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
