package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"

	"bucketlake/extract"
	"bucketlake/extract/oauth"
	"bucketlake/load"
	"bucketlake/transform"
)

// faults collects what is wrong with the settings.
type faults []error

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

func (f *faults) err() error { return errors.Join(*f...) }

// url checks an address, and returns nothing for one that nothing may be sent to.
func (f *faults) url(name, value string) string {
	if f.address(name, value, "https://api.bitbucket.org/2.0") == nil {
		return ""
	}
	return value
}

// address takes an address apart; nil: it is no good.
func (f *faults) address(name, value, example string) *url.URL {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		f.add("%s is not an https address: set it to one such as %s (http is for loopback only), or unset it", name, example)
		return nil
	}
	return u
}

func (f *faults) number(name, value string, least int) int {
	n, err := strconv.Atoi(value)
	if err != nil || n < least {
		f.add("%s=%s is not a number of at least %d: set it to one", name, value, least)
	}
	return n
}

func (f *faults) duration(name, value string) time.Duration {
	d, err := time.ParseDuration(value)
	if err != nil || d < 0 {
		f.add("%s=%s is not a length of time: set it to one such as 24h", name, value)
	}
	return d
}

func (f *faults) compression(name, value string) load.Compression {
	c, err := load.ParseCompression(value)
	if err != nil {
		f.add("%s: %w", name, err)
	}
	return c
}

// streams returns the streams that are read: all but those that nobody reads without asking, and those of them that are
// named, divided by commas or spaces.
func (f *faults) streams(name, value string) []extract.Stream {
	wanted := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	var read []extract.Stream
	var known []string
	for _, st := range extract.Streams() {
		if st.OptIn {
			known = append(known, st.Name)
		}
		if !st.OptIn || slices.Contains(wanted, st.Name) {
			read = append(read, st)
		}
	}
	for _, w := range wanted {
		if !slices.Contains(known, w) {
			f.add("%s: %q is no optional stream: set it to some of %s", name, w, strings.Join(known, ", "))
		}
	}
	return read
}

// stories reads the keys of projects, divided by commas or spaces.
func (f *faults) stories(name, value string) transform.Stories {
	projects := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	for _, p := range projects {
		if !projectKey.MatchString(p) {
			f.add("%s: %q is no key of a project: set it to keys such as SHOP,WEB", name, p)
		}
	}
	slices.Sort(projects)
	return transform.Stories{Projects: slices.Compact(projects)}
}

var projectKey = regexp.MustCompile(`^[A-Z][A-Z0-9_]+$`)

func (f *faults) addr(name, value, example string) {
	_, port, err := net.SplitHostPort(value)
	if _, portErr := strconv.ParseUint(port, 10, 16); err != nil || portErr != nil {
		f.add("%s=%s is not an address with a port: set it to one such as %s", name, value, example)
	}
}

// consumers reads BITBUCKET_CONSUMERS_FILE. What it holds is never repeated: it is full of secrets.
func (f *faults) consumers(file string) []oauth.Consumer {
	if file == "" {
		return nil
	}
	b, err := os.ReadFile(file)
	if err != nil {
		f.add("BITBUCKET_CONSUMERS_FILE can't be read: %w: set it to a file that this process may read", err)
		return nil
	}
	var listed []struct {
		ClientID     string `json:"client_id"`
		ClientSecret string `json:"client_secret"`
		Name         string `json:"name"`
	}
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&listed); err != nil {
		f.add(`BITBUCKET_CONSUMERS_FILE %s is not a list of consumers: write [{"client_id": "KEY", "client_secret": "SECRET", "name": "what the page calls it"}]`, file)
		return nil
	}
	var all []oauth.Consumer
	for i, l := range listed {
		if l.ClientID == "" || l.ClientSecret == "" {
			f.add("BITBUCKET_CONSUMERS_FILE: consumer %d lacks client_id or client_secret: add it", i+1)
		}
		all = append(all, oauth.Consumer{ClientID: l.ClientID, ClientSecret: oauth.Secret(l.ClientSecret), Name: l.Name})
	}
	return all
}

// lake reads where the lake is; nowhere, if that can't be told.
func (f *faults) lake(s *settings) load.Place {
	place, err := load.ParsePlace(s.LakeURL)
	if err != nil {
		f.add("LAKE_URL=%w", err)
	}
	encryption, err := load.ParseEncryption(s.LakeEncryption)
	if err != nil {
		f.add("LAKE_ENCRYPTION=%s %w", s.LakeEncryption, err)
	}
	pathStyle, unguarded := f.truth("LAKE_PATH_STYLE", s.LakePathStyle), f.truth("LAKE_UNGUARDED", s.LakeUnguarded)
	if place.S3.Bucket != "" {
		place.S3.Encryption, place.S3.PathStyle, place.S3.Unguarded = encryption, pathStyle, unguarded
	}
	return place
}

// catalog checks the name of a database of the catalogue.
func (f *faults) catalog(database string, lake load.Place) string {
	if database == "" {
		return ""
	}
	if err := load.CheckDatabase(database); err != nil {
		f.add("GLUE_DATABASE=%s: %w: set it to one such as bucketlake", database, err)
	}
	if lake.Directory != "" {
		f.add("GLUE_DATABASE is set, and the lake is in a directory: Glue's catalogue is of tables in S3: set LAKE_URL to s3://BUCKET/PREFIX, or unset GLUE_DATABASE")
	}
	return database
}

func (f *faults) truth(name, value string) bool {
	b, err := strconv.ParseBool(value)
	if err != nil {
		f.add("%s=%s is neither true nor false: set it to one of them", name, value)
	}
	return b
}

func (f *faults) schedule(value string) cron.Schedule {
	spec := value
	if !strings.HasPrefix(spec, "TZ=") && !strings.HasPrefix(spec, "CRON_TZ=") {
		spec = "CRON_TZ=UTC " + spec
	}
	s, err := cron.ParseStandard(spec)
	if err != nil {
		f.add("SYNC_SCHEDULE=%q does not parse (%w): set it to five cron fields, such as 15 * * * *, or to @hourly, @daily or @every 30m", value, err)
	}
	return s
}

// orFile returns a value that may be set plainly or as the path of a file.
func (f *faults) orFile(name, value, file string) string {
	if file == "" {
		return value
	}
	if value != "" {
		f.add("%s and %s_FILE are both set: unset one", name, name)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		f.add("%s_FILE can't be read: %w: set it to a file that this process may read", name, err)
	}
	return strings.TrimSpace(string(b))
}
