package main

import (
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"os"
	"reflect"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/kelseyhightower/envconfig"
	"github.com/robfig/cron/v3"

	"bucketlake/cmd/bucketlake/alerts"
	"bucketlake/cmd/bucketlake/lineage"
	"bucketlake/cmd/bucketlake/web"
	"bucketlake/extract"
	"bucketlake/extract/oauth"
	"bucketlake/extract/state"
	"bucketlake/load"
	"bucketlake/transform"
)

// settings are the environment variables, as written. They are all text, so that every fault can be
// told at once.
type settings struct {
	ClientID         string       `envconfig:"BITBUCKET_CLIENT_ID" desc:"key of the OAuth consumer"`
	ClientIDFile     string       `envconfig:"BITBUCKET_CLIENT_ID_FILE" desc:"file that holds it instead"`
	ClientSecret     oauth.Secret `envconfig:"BITBUCKET_CLIENT_SECRET" desc:"secret of the OAuth consumer"`
	ClientSecretFile string       `envconfig:"BITBUCKET_CLIENT_SECRET_FILE" desc:"file that holds it instead"`
	ConsumersFile    string       `envconfig:"BITBUCKET_CONSUMERS_FILE" desc:"JSON file of further OAuth consumers: [{\"client_id\": \"\", \"client_secret\": \"\", \"name\": \"\"}]"`
	APIURL           string       `envconfig:"BITBUCKET_API_URL" default:"https://api.bitbucket.org/2.0" desc:"address of the API"`
	AuthorizeURL     string       `envconfig:"BITBUCKET_AUTHORIZE_URL" default:"https://bitbucket.org/site/oauth2/authorize" desc:"address of the consent page"`
	TokenURL         string       `envconfig:"BITBUCKET_TOKEN_URL" default:"https://bitbucket.org/site/oauth2/access_token" desc:"address of the token endpoint"`
	RequestsPerHour  string       `envconfig:"BITBUCKET_REQUESTS_PER_HOUR" default:"1000" desc:"requests that may be spent in any hour; 0: no limit"`
	LakeURL          string       `envconfig:"LAKE_URL" default:"file://./data/lake" desc:"where the tables are kept; or s3://BUCKET/PREFIX, with the AWS SDK's own settings (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL_S3, ...)"`
	LakeEncryption   string       `envconfig:"LAKE_ENCRYPTION" desc:"how S3 encrypts: sse-s3, sse-kms, or sse-kms:ARN of a key; empty: as the bucket does"`
	LakePathStyle    string       `envconfig:"LAKE_PATH_STYLE" default:"false" desc:"true: the bucket's name is in the path of addresses, not in their host, as many compatible servers want it"`
	LakeUnguarded    string       `envconfig:"LAKE_UNGUARDED" default:"false" desc:"true: write to a bucket that does not keep conditional writes; then never run more than one bucketlake that writes there"`
	GlueDatabase     string       `envconfig:"GLUE_DATABASE" desc:"database of AWS Glue's catalogue in which each run registers the tables and months that have landed, for Athena and others; the lake is in S3 then; empty: none"`
	ObjectSize       string       `envconfig:"PARQUET_OBJECT_MB" default:"256" desc:"size of an object, in MB, from which on new rows of its partition go into another one; raised, it holds for tables that have not landed"`
	Compression      string       `envconfig:"PARQUET_COMPRESSION" default:"zstd" desc:"of the tables' pages: zstd, or snappy"`
	StateURL         oauth.Secret `envconfig:"STATE_URL" default:"sqlite://./data/state.db" desc:"database of connections and jobs; or postgres://USER:PASSWORD@HOST:5432/DATABASE, for several workers"`
	KeysetFile       string       `envconfig:"KEYSET_FILE" default:"./data/keyset.json" desc:"key that seals the tokens; made on first use, keep a copy"`
	KeysetKMSURI     string       `envconfig:"KEYSET_KMS_URI" desc:"aws-kms://ARN of a key that wraps the keyset, which is then kept in the state database"`
	Schedule         string       `envconfig:"SYNC_SCHEDULE" default:"@hourly" desc:"when the worker syncs: a cron expression in UTC, or @every 30m"`
	HTTPAddr         string       `envconfig:"HTTP_ADDR" default:"127.0.0.1:8080" desc:"address of the page; one that others can reach needs WEB_PASSWORD_FILE and PUBLIC_URL; - for none"`
	PublicURL        string       `envconfig:"PUBLIC_URL" desc:"address of the page as browsers see it; empty: http://HTTP_ADDR"`
	WebPasswordFile  string       `envconfig:"WEB_PASSWORD_FILE" desc:"file with the password that the page asks for; empty: none"`
	WebhookSecret    string       `envconfig:"WEBHOOK_SECRET_FILE" desc:"file with the secret of a webhook at Bitbucket that posts to PUBLIC_URL/hooks/bitbucket; empty: none is received"`
	OpsAddr          string       `envconfig:"OPS_ADDR" default:"127.0.0.1:9090" desc:"address of the worker's health checks and metrics, /livez, /readyz and /metrics; - for none"`
	RunSummary       string       `envconfig:"RUN_SUMMARY_FILE" desc:"file that each run adds a line of JSON to; - for standard output; empty: none"`
	AlertURL         oauth.Secret `envconfig:"ALERT_URL" desc:"address that alerts are posted to: a webhook, or one of Slack; empty: none are"`
	AlertURLFile     string       `envconfig:"ALERT_URL_FILE" desc:"file that holds it instead"`
	AlertFormat      string       `envconfig:"ALERT_FORMAT" desc:"of alerts: json, or slack, which Mattermost and Rocket.Chat read, too; empty: by the address"`
	AlertStaleAfter  string       `envconfig:"ALERT_STALE_AFTER" default:"26h" desc:"how old a stream may grow before somebody is told; a few times what lies between two syncs"`
	AlertFailures    string       `envconfig:"ALERT_FAILURES" default:"3" desc:"runs in a row that fail before somebody is told"`
	LineageURL       string       `envconfig:"OPENLINEAGE_URL" desc:"address of an OpenLineage server that is told of each run; empty: none is"`
	LineageKey       oauth.Secret `envconfig:"OPENLINEAGE_API_KEY" desc:"key that it asks for"`
	LineageKeyFile   string       `envconfig:"OPENLINEAGE_API_KEY_FILE" desc:"file that holds it instead"`
	LineageNamespace string       `envconfig:"OPENLINEAGE_NAMESPACE" default:"bucketlake" desc:"namespace of the jobs there"`
	PII              string       `envconfig:"PII" default:"keep" desc:"names and e-mail addresses of people: keep, hash or drop"`
	PIIKeyFile       string       `envconfig:"PII_KEY_FILE" default:"./data/pii.key" desc:"keys that hash names, for PII=hash; made on first use, keep a copy"`
	QuietEvery       string       `envconfig:"QUIET_EVERY" default:"24h" desc:"how long a repository in which nothing seems to happen may go unasked; busy ones are asked in every run"`
	SnapshotEvery    string       `envconfig:"SNAPSHOT_EVERY" default:"24h" desc:"how old lists of what changes seldom (tags, webhooks, permissions) may grow before they are read again; a list of a repository that has been the same for longer rests for as long, up to seven times that, and up to thirty times where the repository shows no change"`
	OptionalStreams  string       `envconfig:"OPTIONAL_STREAMS" desc:"streams that cost a request for each pull request or pipeline, if they are to be read: pull_request_sizes, pipeline_steps"`
	StoryProjects    string       `envconfig:"STORY_PROJECTS" desc:"projects of Jira whose keys are stories, such as SHOP,WEB; empty: whatever looks like a key; sync --full after a change"`
	BatchRows        string       `envconfig:"BATCH_ROWS" default:"20000" desc:"rows that are read before they are landed; bounds memory"`
	LogLevel         string       `envconfig:"LOG_LEVEL" default:"info" desc:"debug, info, warn or error"`
	LogFormat        string       `envconfig:"LOG_FORMAT" default:"text" desc:"text or json"`
}

// config is the settings, checked and taken apart.
type config struct {
	consumers       []oauth.Consumer // that of the settings first
	apiURL          string
	requestsPerHour int
	lake            load.Place
	glueDatabase    string       // "": nothing is registered
	stateURL        oauth.Secret // may hold a password
	keyset          oauth.KeysetConfig
	schedule        cron.Schedule
	httpAddr        string
	noPage          bool
	publicURL       string // of httpAddr, as browsers see it
	webPassword     oauth.Secret
	webhookSecret   oauth.Secret
	opsAddr         string
	runSummary      string // file, or -
	traced          bool
	lineage         *lineage.Server // nil: none
	alertURL        oauth.Secret
	alertFormat     alerts.Format
	alertStaleAfter time.Duration
	alertFailures   int
	batchRows       int
	compression     load.Compression
	objectBytes     int64
	quietEvery      time.Duration
	snapshotEvery   time.Duration
	pii             string // keep, hash or drop
	piiKeyFile      privacyFile
	stories         transform.Stories
	streams         []extract.Stream // that are read
	logLevel        slog.Level
	logJSON         bool
}

// Format implements fmt.Formatter: fmt would print the secrets in unexported fields.
func (*config) Format(f fmt.State, _ rune) { fmt.Fprint(f, "the settings") }

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
		stateURL: s.StateURL, httpAddr: s.HTTPAddr, opsAddr: s.OpsAddr, pii: s.PII, piiKeyFile: privacyFile(s.PIIKeyFile),
		keyset:          oauth.KeysetConfig{File: s.KeysetFile, KMSURI: s.KeysetKMSURI},
		apiURL:          strings.TrimSuffix(f.url("BITBUCKET_API_URL", s.APIURL), "/"),
		requestsPerHour: f.number("BITBUCKET_REQUESTS_PER_HOUR", s.RequestsPerHour, 0),
		batchRows:       f.number("BATCH_ROWS", s.BatchRows, 1),
		compression:     f.compression("PARQUET_COMPRESSION", s.Compression),
		objectBytes:     int64(f.number("PARQUET_OBJECT_MB", s.ObjectSize, 1)) << 20,
		quietEvery:      f.duration("QUIET_EVERY", s.QuietEvery),
		snapshotEvery:   f.duration("SNAPSHOT_EVERY", s.SnapshotEvery),
		stories:         f.stories("STORY_PROJECTS", s.StoryProjects),
		streams:         f.streams("OPTIONAL_STREAMS", s.OptionalStreams),
		lake:            f.lake(s),
		schedule:        f.schedule(s.Schedule),
	}
	if err := state.CheckURL(c.stateURL.Reveal()); err != nil {
		f = append(f, err)
	}
	if err := oauth.CheckKMSURI(s.KeysetKMSURI); err != nil && s.KeysetKMSURI != "" {
		f = append(f, err)
	}
	s.page(c, &f)
	s.alerts(c, &f)
	s.consumers(c, &f)
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
	c.traced = f.traced(os.Getenv)
	c.glueDatabase = f.catalog(s.GlueDatabase, c.lake)
	return c, f.err()
}

// leastPassword is how short the page's password may be, and leastSecret the webhooks' secret.
const (
	leastPassword = 12
	leastSecret   = 16
)

// page reads where the page is, and who may see it: everybody on this machine, or who knows a password.
func (s *settings) page(c *config, f *faults) {
	if c.noPage = s.HTTPAddr == "-"; c.noPage { // a consent still needs an address to come back to
		s.HTTPAddr = "127.0.0.1:8080"
		c.httpAddr = s.HTTPAddr
	}
	f.addr("HTTP_ADDR", s.HTTPAddr, "127.0.0.1:8080")
	if s.WebPasswordFile != "" {
		known := len(*f)
		c.webPassword = oauth.Secret(f.orFile("WEB_PASSWORD", "", s.WebPasswordFile))
		if n := len(c.webPassword); n < leastPassword && len(*f) == known {
			f.add("WEB_PASSWORD_FILE holds a password of %d characters: use at least %d, for instance from openssl rand -base64 18", n, leastPassword)
		}
	}
	if s.WebhookSecret != "" {
		known := len(*f)
		c.webhookSecret = oauth.Secret(f.orFile("WEBHOOK_SECRET", "", s.WebhookSecret))
		if n := len(c.webhookSecret); n < leastSecret && len(*f) == known {
			f.add("WEBHOOK_SECRET_FILE holds a secret of %d characters: use at least %d, for instance from openssl rand -hex 20", n, leastSecret)
		}
		if c.noPage {
			f.add("WEBHOOK_SECRET_FILE is set and HTTP_ADDR=- serves nothing that a webhook could be sent to: set HTTP_ADDR to an address, or unset the other")
		}
	}
	if host, _, err := net.SplitHostPort(s.HTTPAddr); err == nil && !loopback(host) {
		if s.WebPasswordFile == "" {
			f.add("HTTP_ADDR=%s is an address that others can reach: set WEB_PASSWORD_FILE to a file with a password for the page, or HTTP_ADDR=127.0.0.1:8080", s.HTTPAddr)
		}
		if s.PublicURL == "" {
			f.add("HTTP_ADDR=%s is an address that others can reach: set PUBLIC_URL to the https address under which browsers see it", s.HTTPAddr)
		}
	}
	c.publicURL = web.Origin(&url.URL{Scheme: "http", Host: s.HTTPAddr})
	if s.PublicURL == "" {
		return
	}
	u := f.address("PUBLIC_URL", s.PublicURL, "https://bucketlake.example.com")
	if u == nil {
		return
	}
	if strings.TrimSuffix(u.Path, "/")+u.RawQuery+u.Fragment != "" {
		f.add("PUBLIC_URL=%s has more than a scheme and a host: the page needs a host of its own, such as https://bucketlake.example.com", s.PublicURL)
	}
	c.publicURL = web.Origin(u)
	if !loopback(u.Hostname()) && s.WebPasswordFile == "" {
		f.add("PUBLIC_URL=%s is an address that others can reach: set WEB_PASSWORD_FILE to a file with a password for the page", s.PublicURL)
	}
}

// alerts reads who is told of runs, and when something is the matter.
func (s *settings) alerts(c *config, f *faults) {
	c.runSummary = s.RunSummary
	c.alertStaleAfter = f.duration("ALERT_STALE_AFTER", s.AlertStaleAfter)
	c.alertFailures = f.number("ALERT_FAILURES", s.AlertFailures, 1)
	c.alertURL = oauth.Secret(f.orFile("ALERT_URL", s.AlertURL.Reveal(), s.AlertURLFile))
	c.alertFormat = alerts.FormatOf(c.alertURL.Reveal())
	switch format := alerts.Format(s.AlertFormat); format {
	case "":
	case alerts.JSON, alerts.Slack:
		c.alertFormat = format
	default:
		f.add("ALERT_FORMAT=%s is not a format: set it to json or slack, or unset it", s.AlertFormat)
	}
	key := f.orFile("OPENLINEAGE_API_KEY", s.LineageKey.Reveal(), s.LineageKeyFile)
	if u, err := url.Parse(s.LineageURL); s.LineageURL != "" {
		if err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http" {
			f.add("OPENLINEAGE_URL is not an address: set it to one such as https://lineage.example.com, or unset it")
		}
		c.lineage = &lineage.Server{URL: s.LineageURL, APIKey: oauth.Secret(key), Namespace: s.LineageNamespace, API: c.apiURL, Lake: s.LakeURL, Version: version}
	}
	// The address is a secret, and receivers within a network may speak http.
	if u, err := url.Parse(c.alertURL.Reveal()); c.alertURL != "" && (err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http") {
		f.add("ALERT_URL is not an address: set it to one such as https://hooks.slack.com/services/..., or unset it")
	}
}

// consumers reads the OAuth consumers: one in variables, and any number in a file.
func (s *settings) consumers(c *config, f *faults) {
	first := oauth.Consumer{
		ClientID:     f.orFile("BITBUCKET_CLIENT_ID", s.ClientID, s.ClientIDFile),
		ClientSecret: oauth.Secret(f.orFile("BITBUCKET_CLIENT_SECRET", s.ClientSecret.Reveal(), s.ClientSecretFile)),
	}
	if first.ClientID != "" || first.ClientSecret != "" {
		c.consumers = append(c.consumers, first)
	}
	c.consumers = append(c.consumers, f.consumers(s.ConsumersFile)...)
	authorizeURL, tokenURL := f.url("BITBUCKET_AUTHORIZE_URL", s.AuthorizeURL), f.url("BITBUCKET_TOKEN_URL", s.TokenURL)
	seen := map[string]bool{}
	for i := range c.consumers {
		one := &c.consumers[i]
		one.AuthorizeURL, one.TokenURL = authorizeURL, tokenURL
		one.RedirectURL = c.publicURL + oauth.CallbackPath
		if seen[one.ClientID] {
			f.add("BITBUCKET_CONSUMERS_FILE: the client id %s stands twice: remove one", one.ClientID)
		}
		seen[one.ClientID] = true
	}
}

// at returns how browsers reach the page of a process that listens at an address: where the system chose the port, at
// that one.
func (c *config) at(listening string) string {
	if strings.HasSuffix(c.httpAddr, ":0") && c.publicURL == "http://"+c.httpAddr {
		return "http://" + listening
	}
	return c.publicURL
}

// needConsumer reports what of the OAuth consumers is not set: only what talks to Bitbucket needs them.
func (c *config) needConsumer() error {
	var f faults
	if len(c.consumers) == 0 || c.consumers[0].ClientID == "" {
		f.add("BITBUCKET_CLIENT_ID is not set: set it to the Key of an OAuth consumer with the callback URL %s (Bitbucket: Workspace settings, OAuth consumers)", c.publicURL+oauth.CallbackPath)
	}
	if len(c.consumers) == 0 || c.consumers[0].ClientSecret == "" {
		f.add("BITBUCKET_CLIENT_SECRET is not set: set it, or BITBUCKET_CLIENT_SECRET_FILE, to the Secret of that consumer")
	}
	return f.err()
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
