package interop_test

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// servePage runs a worker and returns the address of its page.
func servePage(t *testing.T, binary string, env []string) string {
	t.Helper()
	cmd, _ := command(t, binary, env, "worker")
	cmd.Stderr = nil
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	up := regexp.MustCompile(`the page is up" address=(\S+)`)
	log := bufio.NewScanner(stderr)
	for log.Scan() {
		if m := up.FindStringSubmatch(log.Text()); m != nil {
			go io.Copy(io.Discard, stderr)
			return m[1]
		}
	}
	t.Fatal("the worker serves no page")
	return ""
}

func get(t *testing.T, address string) string {
	t.Helper()
	resp, err := http.Get(address)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		t.Fatalf("%s: %s, %v\n%s", address, resp.Status, err, body)
	}
	return string(body)
}

// checkUsage holds what the page of usage gives away against the queries that it shows: an engine that knows nothing of us
// makes the same of the lake.
func (d duckdb) checkUsage(t *testing.T, page string) {
	for _, period := range []string{"days=30", "days=90", "days=365", "days=all"} {
		var sheets []string
		for _, m := range regexp.MustCompile(`href="/usage/acme/([a-z-]+)\.csv`).FindAllStringSubmatch(get(t, page+"/usage/acme?"+period), -1) {
			sheets = append(sheets, m[1])
		}
		if len(slices.Compact(slices.Sorted(slices.Values(sheets)))) != 9 {
			t.Errorf("the page gives away %v", sheets)
		}
		for _, name := range sheets {
			t.Run(name+"?"+period, func(t *testing.T) {
				address := func(kind string) string { return page + "/usage/acme/" + name + "." + kind + "?" + period }
				d.checkSheet(t, get(t, address("sql")), map[string]string{"csv": get(t, address("csv")), "parquet": get(t, address("parquet"))})
			})
		}
	}
}

// readers read a file of each kind as a table.
var readers = map[string]string{
	"csv":     "read_csv('%s', all_varchar = true, header = true, nullstr = '')",
	"parquet": "read_parquet('%s')",
}

func (d duckdb) checkSheet(t *testing.T, query string, files map[string]string) {
	query = strings.TrimSuffix(strings.TrimSpace(query), ";")
	var names []string
	for _, column := range d.query(t, "SELECT column_name, column_type FROM (DESCRIBE "+query+")") {
		name, kind, _ := strings.Cut(column, " | ")
		names = append(names, fmt.Sprintf("CAST(%s AS %s) AS %[1]s", name, kind))
	}
	columns := strings.Join(names, ", ")
	wants := "SELECT " + columns + " FROM (" + query + ")"
	if d.query(t, "SELECT count(*) FROM ("+wants+")")[0] == "0" {
		t.Error("no rows: nothing is tried here")
	}
	for kind, content := range files {
		path := filepath.Join(t.TempDir(), "sheet."+kind)
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		gives := "SELECT " + columns + " FROM " + fmt.Sprintf(readers[kind], path)
		for _, only := range []struct{ where, query string }{
			{"the query's answer", "(" + wants + ") EXCEPT ALL (" + gives + ")"}, {"the " + kind + " file", "(" + gives + ") EXCEPT ALL (" + wants + ")"},
		} {
			if rows := d.query(t, "SELECT * FROM ("+only.query+") ORDER BY ALL LIMIT 5"); len(rows) > 0 {
				t.Errorf("in %s alone:\n%s\n\n%s", only.where, strings.Join(rows, "\n"), query)
			}
		}
	}
}
