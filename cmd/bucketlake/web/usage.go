package web

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"bucketlake/cmd/bucketlake/usage"
	"bucketlake/schemas"
)

// addUsage adds the pages of usage. Like all others, they are shown to those whom the guard lets through.
func (s *site) addUsage(mux *http.ServeMux) {
	mux.HandleFunc("GET /usage", s.anyUsage)
	mux.HandleFunc("GET /usage/{workspace}", s.showUsage)
	mux.HandleFunc("GET /usage/{workspace}/{sheet}", s.takeSheet)
	mux.HandleFunc("GET /usage/{workspace}/tables/{table}", s.showLanded)
	mux.HandleFunc("GET /usage/{workspace}/tables/{table}/{object}", s.takeObject)
}

// anyUsage leads to the usage of the first workspace.
func (s *site) anyUsage(w http.ResponseWriter, r *http.Request) {
	s.first(w, r, usageAddress, "nousage", layout{Title: "Usage", At: "usage", Page: usageNowhere{}})
}

func usageAddress(workspace string) string { return "/usage/" + url.PathEscape(workspace) }

// first leads to a page of the first workspace; where there is none, it shows what says so.
func (s *site) first(w http.ResponseWriter, r *http.Request, address func(workspace string) string, none string, l layout) {
	all, err := s.Workspaces(r.Context())
	if err != nil {
		s.fail(w, r, "reading the connections", err)
		return
	}
	if len(all) == 0 {
		s.render(w, http.StatusOK, none, s.shown(r, l))
		return
	}
	http.Redirect(w, r, address(all[0]), http.StatusSeeOther)
}

// usageNowhere is the page where there is no usage to show.
type usageNowhere struct{ Workspace string }

// known makes sure that a workspace is one that was connected.
func (s *site) known(ctx context.Context, workspace string) (all []string, err error) {
	if all, err = s.Workspaces(ctx); err != nil {
		return nil, err
	}
	if !slices.Contains(all, workspace) {
		return nil, fmt.Errorf("workspace %q: %w", workspace, fs.ErrNotExist)
	}
	return all, nil
}

// report reads what a request asks for.
func (s *site) report(r *http.Request) (report *usage.Report, all []string, err error) {
	workspace := r.PathValue("workspace")
	if all, err = s.known(r.Context(), workspace); err != nil {
		return nil, nil, err
	}
	report, err = s.Usage.Open(r.Context(), workspace, choiceOf(r.Form))
	return report, all, err
}

func choiceOf(q url.Values) usage.Choice {
	c := usage.Choice{Last: q.Get("days"), From: q.Get("from"), To: q.Get("to")}
	if c.Last == "" {
		c.Last = usage.Last90
	}
	return c
}

// usageFailed says what is wrong with a request for usage.
func (s *site) usageFailed(w http.ResponseWriter, r *http.Request, doing string, err error) {
	var unclear *usage.Unclear
	var withheld *usage.Withheld
	switch {
	case errors.As(err, &unclear):
		s.say(w, http.StatusBadRequest, "Not understood", sentence(err))
	case errors.As(err, &withheld):
		s.say(w, http.StatusForbidden, "Withheld", sentence(err))
	case errors.Is(err, fs.ErrNotExist):
		s.say(w, http.StatusNotFound, "Not found", "There is no such workspace or table here.")
	default:
		s.fail(w, r, doing, err)
	}
}

func (s *site) showUsage(w http.ResponseWriter, r *http.Request) {
	report, all, err := s.report(r)
	if err != nil {
		s.usageFailed(w, r, "reading the usage", err)
		return
	}
	l := layout{Title: "Usage of " + report.Workspace, At: "usage"}
	name := "usage"
	if len(report.People) == 0 {
		name, l.Page = "nousage", usageNowhere{report.Workspace}
	} else {
		l.Page = newUsagePage(report, all, r.Form)
	}
	s.render(w, http.StatusOK, name, s.shown(r, l))
}

// takeSheet gives the table of a chart, or the query that gives the same.
func (s *site) takeSheet(w http.ResponseWriter, r *http.Request) {
	report, _, err := s.report(r)
	if err != nil {
		s.usageFailed(w, r, "reading the usage", err)
		return
	}
	name, kind, _ := strings.Cut(r.PathValue("sheet"), ".")
	sheet, ok := report.Sheet(name)
	if !ok {
		s.usageFailed(w, r, "", fs.ErrNotExist)
		return
	}
	var body bytes.Buffer
	var media string
	switch kind {
	case "csv":
		media, err = "text/csv; charset=utf-8", sheet.CSV(&body)
	case "parquet":
		media, err = parquetType, sheet.Parquet(&body)
	case "sql":
		media = "text/plain; charset=utf-8"
		fmt.Fprintln(&body, sheet.SQL+";")
	default:
		err = fs.ErrNotExist
	}
	if err != nil {
		s.usageFailed(w, r, "writing "+name, err)
		return
	}
	h := w.Header()
	h.Set("Content-Type", media)
	if kind != "sql" {
		p := report.Period
		h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s-%s-%s-%s.%s"`, report.Workspace, name, date(p.From), date(p.To), kind))
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(body.Bytes()))
}

const parquetType = "application/vnd.apache.parquet"

// landedPage lists the objects of a table.
type landedPage struct {
	Workspace string
	Table     *schemas.Table
	Location  string // of the table in the lake
	Objects   []landedObject
	Rows      int64
	Bytes     int64
	Several   bool // a partition has more than one object
}

type landedObject struct {
	Name, Month string
	File, Link  string
	Rows, Bytes int64
	SyncedAt    time.Time
}

func (s *site) table(r *http.Request) (workspace string, t *schemas.Table, err error) {
	workspace = r.PathValue("workspace")
	if _, err := s.known(r.Context(), workspace); err != nil {
		return "", nil, err
	}
	t, ok := schemas.Lookup(r.PathValue("table"))
	if !ok {
		return "", nil, fs.ErrNotExist
	}
	return workspace, t, nil
}

func (s *site) showLanded(w http.ResponseWriter, r *http.Request) {
	workspace, t, err := s.table(r)
	if err != nil {
		s.usageFailed(w, r, "reading the connections", err)
		return
	}
	objects, err := s.Usage.Landed(r.Context(), workspace, t)
	if err != nil {
		s.usageFailed(w, r, "reading what has landed", err)
		return
	}
	page := landedPage{Workspace: workspace, Table: t, Location: s.Lake + "/" + t.Name + "/workspace=" + workspace + "/"}
	for _, o := range objects {
		file := objectFile(&o)
		link := "/usage/" + url.PathEscape(workspace) + "/tables/" + t.Name + "/" + file
		page.Objects = append(page.Objects, landedObject{s.Lake + "/" + o.Name, o.Month, file, link, o.Rows, o.Bytes, o.SyncedAt})
		page.Several = page.Several || o.Part > 1
		page.Rows += o.Rows
		page.Bytes += o.Bytes
	}
	s.render(w, http.StatusOK, "landed", s.shown(r, layout{Title: t.Name + " of " + workspace, At: "usage", Page: page}))
}

// objectFile is what an object is called on the page: 2026-10.parquet, and a second part of the month 2026-10-part-2.parquet.
func objectFile(o *usage.Object) string {
	name := cmp.Or(o.Month, "data")
	if o.Part > 1 {
		name += fmt.Sprintf("-part-%d", o.Part)
	}
	return name + ".parquet"
}

// takeObject gives an object as it lies in the lake.
func (s *site) takeObject(w http.ResponseWriter, r *http.Request) {
	workspace, t, err := s.table(r)
	if err != nil {
		s.usageFailed(w, r, "reading the connections", err)
		return
	}
	all, err := s.Usage.Landed(r.Context(), workspace, t)
	if err != nil {
		s.usageFailed(w, r, "reading what has landed", err)
		return
	}
	file := r.PathValue("object")
	found := slices.IndexFunc(all, func(o usage.Object) bool { return objectFile(&o) == file })
	if found < 0 {
		s.usageFailed(w, r, "", fs.ErrNotExist)
		return
	}
	o, err := s.Usage.Take(r.Context(), workspace, t, all[found].Key)
	if err != nil {
		s.usageFailed(w, r, "opening "+t.Name, err)
		return
	}
	defer o.Close()
	h := w.Header()
	h.Set("Content-Type", parquetType)
	h.Set("ETag", fmt.Sprintf("%q", strings.Trim(o.ETag(), `"`)))
	name := workspace + "-" + t.Name
	if file != "data.parquet" {
		name += "-" + strings.TrimSuffix(file, ".parquet")
	}
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.parquet"`, name))
	http.ServeContent(w, r, "", time.Time{}, io.NewSectionReader(o, 0, o.Size()))
}
