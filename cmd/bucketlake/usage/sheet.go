package usage

import (
	"encoding/csv"
	"fmt"
	"io"

	"bucketlake/load"
	"bucketlake/schemas"
)

// A Sheet is the table of a chart, as somebody takes it along, and how to come by it without us.
type Sheet struct {
	Name    string
	Columns []schemas.Column
	Rows    [][]any // as load.WriteParquet takes them

	SQL    string           // that gives the same in Athena; it is DuckDB's SQL, too
	Tables []*schemas.Table // that it reads
}

func text(name string) schemas.Column {
	return schemas.Column{Name: name, Type: schemas.String, Nullable: true}
}
func number(name string) schemas.Column { return schemas.Column{Name: name, Type: schemas.Int64} }
func date(name string) schemas.Column {
	return schemas.Column{Name: name, Type: schemas.DateType, Nullable: true}
}
func share(name string) schemas.Column { return schemas.Column{Name: name, Type: schemas.Double} }

// Sheets are the tables of all charts, in the order of the page.
func (r *Report) Sheets() []Sheet {
	return []Sheet{
		r.activeSheet(), r.seatsSheet(), r.featuresSheet(), r.adoptionSheet(), r.peopleSheet(),
		r.projectsSheet(), r.repositoriesSheet(), r.storiesSheet(), r.setUpSheet(),
	}
}

// Sheet returns the table of that name.
func (r *Report) Sheet(name string) (Sheet, bool) {
	for _, s := range r.Sheets() {
		if s.Name == name {
			return s, true
		}
	}
	return Sheet{}, false
}

func (r *Report) activeSheet() Sheet {
	s := Sheet{
		Name: "active", Columns: []schemas.Column{date(string(r.Unit) + "_start"), number("people"), number("events")},
		SQL: r.activeSQL(), Tables: []*schemas.Table{schemas.FeatureUsageDaily},
	}
	for _, a := range r.Active {
		if a.People > 0 || a.Events > 0 { // as SQL makes no row of nothing
			s.Rows = append(s.Rows, []any{a.Start, int64(a.People), a.Events})
		}
	}
	return s
}

func (r *Report) seatsSheet() Sheet {
	s := Sheet{
		Name:    "seats",
		Columns: []schemas.Column{date("month_start"), number("seats"), number("active_seats"), number("idle_seats"), number("never_used_seats"), share("utilization")},
		SQL:     r.seatsSQL(), Tables: []*schemas.Table{schemas.SeatUtilizationMonthly},
	}
	for _, m := range r.Seats {
		s.Rows = append(s.Rows, []any{m.Month, m.Seats, m.Active, m.Idle, m.Never, m.Utilization})
	}
	return s
}

func (r *Report) featuresSheet() Sheet {
	s := Sheet{
		Name: "features", Columns: []schemas.Column{text("feature"), number("people"), number("events")},
		SQL: r.featuresSQL(), Tables: []*schemas.Table{schemas.FeatureUsageDaily},
	}
	if !r.Period.Whole {
		s.Columns = append(s.Columns, number("people_before"), number("events_before"))
	}
	for _, f := range r.Features {
		row := []any{f.Name, int64(f.People), f.Events}
		if !r.Period.Whole {
			row = append(row, int64(f.PeopleBefore), f.EventsBefore)
		}
		s.Rows = append(s.Rows, row)
	}
	return s
}

func (r *Report) adoptionSheet() Sheet {
	s := Sheet{
		Name:    "adoption",
		Columns: []schemas.Column{text("feature"), date("month_start"), number("users"), share("share_of_active"), number("new_users"), number("returning_users"), number("lapsed_users"), number("events")},
		SQL:     r.adoptionSQL(), Tables: []*schemas.Table{schemas.FeatureAdoptionMonthly},
	}
	for _, a := range r.Adoption {
		s.Rows = append(s.Rows, []any{a.Feature, a.Month, a.Users, a.ShareOfActive, a.New, a.Returning, a.Lapsed, a.Events})
	}
	return s
}

func (r *Report) peopleSheet() Sheet {
	s := Sheet{
		Name:    "people",
		Columns: []schemas.Column{text("user_uuid"), text("user_display_name"), text("status"), date("last_seen"), number("active_days"), number("features_used"), number("events")},
		SQL:     r.peopleSQL(), Tables: []*schemas.Table{schemas.UserActivities, schemas.FeatureUsageDaily},
	}
	for _, p := range r.People {
		s.Rows = append(s.Rows, []any{p.UUID, orNull(p.Name), p.Status, dayOrNull(p.LastSeen), p.ActiveDays, int64(len(p.Features)), p.Events})
	}
	return s
}

func (r *Report) projectsSheet() Sheet {
	s := Sheet{
		Name:    "projects",
		Columns: []schemas.Column{text("project_key"), text("project_name"), number("people"), number("events"), number("repositories"), date("last_used")},
		SQL:     r.projectsSQL(), Tables: []*schemas.Table{schemas.FeatureUsageDaily},
	}
	for _, p := range r.Projects {
		s.Rows = append(s.Rows, []any{orNull(p.ProjectKey), orNull(p.ProjectName), int64(p.People), p.Events, int64(p.Repositories), p.LastUsed})
	}
	return s
}

func (r *Report) repositoriesSheet() Sheet {
	s := Sheet{
		Name:    "repositories",
		Columns: []schemas.Column{text("repository_uuid"), text("repository"), text("project_key"), number("people"), number("events"), date("last_used")},
		SQL:     r.repositoriesSQL(), Tables: []*schemas.Table{schemas.FeatureUsageDaily},
	}
	for _, p := range r.Places {
		s.Rows = append(s.Rows, []any{p.UUID, orNull(p.Repository), orNull(p.ProjectKey), int64(p.People), p.Events, p.LastUsed})
	}
	return s
}

func (r *Report) storiesSheet() Sheet {
	s := Sheet{
		Name: "stories",
		Columns: []schemas.Column{
			text("story_key"), number("people"), number("pull_requests"), number("commits"), number("tasks"), number("repositories"), number("events"),
			date("first_day"), date("last_day"),
		},
		SQL: r.storiesSQL(), Tables: []*schemas.Table{schemas.StoryActivities},
	}
	for _, o := range r.Stories {
		s.Rows = append(s.Rows, []any{
			o.StoryKey, o.People, o.PullRequests, o.Commits, o.Tasks, o.Repositories, o.Events,
			schemas.DateOf(o.FirstActivity), schemas.DateOf(o.LastActivity),
		})
	}
	return s
}

func (r *Report) setUpSheet() Sheet {
	s := Sheet{
		Name: "set-up", Columns: []schemas.Column{text("feature"), number("repositories"), number("items")},
		SQL: r.setUpSQL(), Tables: []*schemas.Table{schemas.FeatureConfigurations},
	}
	for _, f := range r.SetUp {
		s.Rows = append(s.Rows, []any{f.Feature, int64(f.Repositories), f.Items})
	}
	return s
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func dayOrNull(d *schemas.Date) any {
	if d == nil {
		return nil
	}
	return *d
}

// CSV writes the rows under a line of the columns' names. Null is empty.
func (s *Sheet) CSV(w io.Writer) error {
	out := csv.NewWriter(w)
	line := make([]string, len(s.Columns))
	for i, c := range s.Columns {
		line[i] = c.Name
	}
	if err := out.Write(line); err != nil {
		return err
	}
	for _, row := range s.Rows {
		for i, value := range row {
			line[i] = cell(value)
		}
		if err := out.Write(line); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

func cell(value any) string {
	switch v := value.(type) {
	case nil:
		return ""
	case schemas.Date:
		return day(v)
	case string:
		return harmless(v)
	}
	return fmt.Sprint(value)
}

// harmless keeps a spreadsheet from taking for a formula what somebody chose as a name.
func harmless(s string) string {
	if s != "" && (s[0] == '=' || s[0] == '+' || s[0] == '-' || s[0] == '@' || s[0] == '\t' || s[0] == '\r') {
		return "'" + s
	}
	return s
}

// Parquet writes the rows as a Parquet file.
func (s *Sheet) Parquet(w io.Writer) error { return load.WriteParquet(w, s.Columns, s.Rows) }
