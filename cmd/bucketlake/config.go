package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/kelseyhightower/envconfig"
	"github.com/robfig/cron/v3"

	"bucketlake/extract"
	"bucketlake/extract/oauth"
	"bucketlake/transform"
)

// settings are the environment variables, as written. They are all text, so that every fault can be
// told at once.
type settings struct {
	ClientID         string       `envconfig:"BITBUCKET_CLIENT_ID" desc:"key of the OAuth consumer"`
	ClientIDFile     string       `envconfig:"BITBUCKET_CLIENT_ID_FILE" desc:"file that holds it instead"`
	ClientSecret     oauth.Secret `envconfig:"BITBUCKET_CLIENT_SECRET" desc:"secret of the OAuth consumer"`
	ClientSecretFile string       `envconfig:"BITBUCKET_CLIENT_SECRET_FILE" desc:"file that holds it instead"`
	APIURL           string       `envconfig:"BITBUCKET_API_URL" default:"https://api.bitbucket.org/2.0" desc:"address of the API"`
	AuthorizeURL     string       `envconfig:"BITBUCKET_AUTHORIZE_URL" default:"https://bitbucket.org/site/oauth2/authorize" desc:"address of the consent page"`
	TokenURL         string       `envconfig:"BITBUCKET_TOKEN_URL" default:"https://bitbucket.org/site/oauth2/access_token" desc:"address of the token endpoint"`
	RequestsPerHour  string       `envconfig:"BITBUCKET_REQUESTS_PER_HOUR" default:"1000" desc:"requests that may be spent in any hour; 0: no limit"`
	LakeURL          string       `envconfig:"LAKE_URL" default:"file://./data/lake" desc:"where the tables are kept"`
	StateURL         string       `envconfig:"STATE_URL" default:"sqlite://./data/state.db" desc:"database of connections and jobs"`
	KeysetFile       string       `envconfig:"KEYSET_FILE" default:"./data/keyset.json" desc:"key that seals the tokens; made on first use, keep a copy"`
	Schedule         string       `envconfig:"SYNC_SCHEDULE" default:"@hourly" desc:"when the worker syncs: a cron expression in UTC, or @every 30m"`
	HTTPAddr         string       `envconfig:"HTTP_ADDR" default:"127.0.0.1:8080" desc:"loopback address that Bitbucket's consent page sends the browser back to"`
	PublicURL        string       `envconfig:"PUBLIC_URL" desc:"address of HTTP_ADDR as browsers see it; empty: http://HTTP_ADDR"`
	OpsAddr          string       `envconfig:"OPS_ADDR" default:"127.0.0.1:9090" desc:"address of the worker's health checks, /livez and /readyz; - for none"`
	PII              string       `envconfig:"PII" default:"keep" desc:"names and e-mail addresses of people: keep, hash or drop"`
	PIIKeyFile       string       `envconfig:"PII_KEY_FILE" default:"./data/pii.key" desc:"keys that hash names, for PII=hash; made on first use, keep a copy"`
	SnapshotEvery    string       `envconfig:"SNAPSHOT_EVERY" default:"24h" desc:"how old lists of what changes seldom (tags, webhooks, permissions) may grow before they are read again"`
	OptionalStreams  string       `envconfig:"OPTIONAL_STREAMS" desc:"streams that cost a request for each pull request or pipeline, if they are to be read: pull_request_sizes, pipeline_steps"`
	StoryProjects    string       `envconfig:"STORY_PROJECTS" desc:"projects of Jira whose keys are stories, such as SHOP,WEB; empty: whatever looks like a key; sync --full after a change"`
	BatchRows        string       `envconfig:"BATCH_ROWS" default:"20000" desc:"rows that are read before they are landed; bounds memory"`
	LogLevel         string       `envconfig:"LOG_LEVEL" default:"info" desc:"debug, info, warn or error"`
	LogFormat        string       `envconfig:"LOG_FORMAT" default:"text" desc:"text or json"`
}

// config is the settings, checked and taken apart.
type config struct {
	consumer        oauth.Consumer
	apiURL          string
	requestsPerHour int
	lake            string // directory
	stateURL        string
	keysetFile      string
	schedule        cron.Schedule
	httpAddr        string
	opsAddr         string
	batchRows       int
	snapshotEvery   time.Duration
	pii             string // keep, hash or drop
	piiKeyFile      privacyFile
	stories         transform.Stories
	optional        []string
	logLevel        slog.Level
	logJSON         bool
}

// callbackPath is where Bitbucket's consent page sends the browser back to.
const callbackPath = oauth.CallbackPath

// readConfig reads the settings and reports all their faults at once, each with what to set.
func readConfig() (*config, error) {
	var s settings
	if err := envconfig.Process("", &s); err != nil {
		return new(config), fmt.Errorf("reading the settings: %w", err)
	}
	s.fillIn()
	return s.config()
}

// fillIn gives a variable that is set to nothing its default, as if it were not set: files of
// environment variables are full of such lines.
func (s *settings) fillIn() {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if v.Field(i).String() == "" {
			v.Field(i).SetString(v.Type().Field(i).Tag.Get("default"))
		}
	}
}

func (s *settings) config() (*config, error) {
	var f faults
	c := &config{
		stateURL: s.StateURL, keysetFile: s.KeysetFile, pii: s.PII, piiKeyFile: privacyFile(s.PIIKeyFile), httpAddr: s.HTTPAddr, opsAddr: s.OpsAddr,
		apiURL:          strings.TrimSuffix(f.url("BITBUCKET_API_URL", s.APIURL), "/"),
		requestsPerHour: f.number("BITBUCKET_REQUESTS_PER_HOUR", s.RequestsPerHour, 0),
		batchRows:       f.number("BATCH_ROWS", s.BatchRows, 1),
		snapshotEvery:   f.duration("SNAPSHOT_EVERY", s.SnapshotEvery),
		stories:         f.stories("STORY_PROJECTS", s.StoryProjects),
		optional:        f.optional("OPTIONAL_STREAMS", s.OptionalStreams),
		lake:            f.lake(s.LakeURL),
		schedule:        f.schedule(s.Schedule),
		consumer: oauth.Consumer{
			ClientID:     f.orFile("BITBUCKET_CLIENT_ID", s.ClientID, s.ClientIDFile),
			ClientSecret: oauth.Secret(f.orFile("BITBUCKET_CLIENT_SECRET", s.ClientSecret.Reveal(), s.ClientSecretFile)),
			AuthorizeURL: f.url("BITBUCKET_AUTHORIZE_URL", s.AuthorizeURL),
			TokenURL:     f.url("BITBUCKET_TOKEN_URL", s.TokenURL),
		},
	}
	if !strings.HasPrefix(s.StateURL, "sqlite://") {
		f.add("STATE_URL=%s: this version keeps its state in SQLite: set it to sqlite:// and a path, such as sqlite://./data/state.db", s.StateURL)
	}
	f.addr("HTTP_ADDR", s.HTTPAddr, "127.0.0.1:8080")
	if host, _, err := net.SplitHostPort(s.HTTPAddr); err == nil && !loopback(host) {
		f.add("HTTP_ADDR=%s is no loopback address: set HTTP_ADDR=127.0.0.1:8080", s.HTTPAddr)
	}
	public := "http://" + s.HTTPAddr
	if s.PublicURL != "" {
		public = strings.TrimSuffix(f.url("PUBLIC_URL", s.PublicURL), "/")
	}
	c.consumer.RedirectURL = public + callbackPath
	if s.OpsAddr == "-" {
		c.opsAddr = ""
	} else {
		f.addr("OPS_ADDR", s.OpsAddr, "127.0.0.1:9090")
	}
	if err := c.logLevel.UnmarshalText([]byte(s.LogLevel)); err != nil {
		f.add("LOG_LEVEL=%s is not a level: set it to debug, info, warn or error", s.LogLevel)
	}
	c.logJSON = s.LogFormat == "json"
	if s.LogFormat != "text" && s.LogFormat != "json" {
		f.add("LOG_FORMAT=%s is not a format: set it to text or json", s.LogFormat)
	}
	if !slices.Contains([]string{"keep", "hash", "drop"}, s.PII) {
		f.add("PII=%s is not known: set it to keep, hash or drop", s.PII)
	}
	// Whoever sets one of these expects something that this version does not do.
	for _, name := range []string{"KEYSET_KMS_URI", "GLUE_DATABASE", "WEB_PASSWORD_FILE"} {
		if os.Getenv(name) != "" {
			f.add("%s is not supported by this version: unset it", name)
		}
	}
	return c, f.err()
}

// needConsumer reports what of the OAuth consumer is not set: only what talks to Bitbucket needs it.
func (c *config) needConsumer() error {
	var f faults
	if c.consumer.ClientID == "" {
		f.add("BITBUCKET_CLIENT_ID is not set: set it to the Key of an OAuth consumer with the callback URL %s (Bitbucket: Workspace settings, OAuth consumers)", c.consumer.RedirectURL)
	}
	if c.consumer.ClientSecret == "" {
		f.add("BITBUCKET_CLIENT_SECRET is not set: set it, or BITBUCKET_CLIENT_SECRET_FILE, to the Secret of that consumer")
	}
	return f.err()
}

// faults collects what is wrong with the settings.
type faults []error

func (f *faults) add(format string, args ...any) { *f = append(*f, fmt.Errorf(format, args...)) }

func (f *faults) err() error { return errors.Join(*f...) }

func (f *faults) url(name, value string) string {
	u, err := url.Parse(value)
	if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && (u.Scheme != "http" || !loopback(u.Hostname())) {
		f.add("%s is not an https address: set it to one such as https://api.bitbucket.org/2.0 (http is for loopback only), or unset it", name)
	}
	return value
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

// optional reads names of streams, divided by commas or spaces.
func (f *faults) optional(name, value string) []string {
	var known []string
	for _, st := range extract.Streams() {
		if st.OptIn {
			known = append(known, st.Name)
		}
	}
	wanted := strings.FieldsFunc(value, func(r rune) bool { return r == ',' || r == ' ' })
	for _, w := range wanted {
		if !slices.Contains(known, w) {
			f.add("%s: %q is no optional stream: set it to some of %s", name, w, strings.Join(known, ", "))
		}
	}
	return wanted
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

func (f *faults) lake(value string) string {
	path, ok := strings.CutPrefix(value, "file://")
	if !ok || path == "" {
		f.add("LAKE_URL=%s: this version lands in a directory: set it to file:// and a path, such as file://./data/lake", value)
	}
	return filepath.Clean(path)
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

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// settingsHelp lists the settings for --help.
func settingsHelp() string {
	var b strings.Builder
	const format = "{{range .}}  {{usage_key .}}\t{{usage_description .}}{{if usage_default .}} ({{usage_default .}}){{end}}\n{{end}}"
	tabs := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
	if err := envconfig.Usagef("", &settings{}, tabs, format); err != nil {
		panic(err)
	}
	_ = tabs.Flush()
	return b.String()
}
