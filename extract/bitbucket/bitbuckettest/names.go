package bitbuckettest

// The vocabulary of the generated workspace. All names are invented; any likeness is chance.

var firstNames = []string{
	"Amara", "Anaïs", "Anders", "Aoife", "Arjun", "Beatriz", "Benedikt", "Chiara", "Chidi", "Daniela", "Dmitri", "Eilidh", "Elif", "Emeka",
	"Farah", "Fernando", "Freya", "Gabriel", "Grace", "Hana", "Henrik", "Ibrahim", "Ines", "Jakub", "Jia", "João", "Kaito", "Katarzyna", "Kofi",
	"Lars", "Leïla", "Linh", "Łukasz", "Maeve", "Mateo", "Mei", "Milan", "Nadia", "Naoki", "Noor", "Oksana", "Olga", "Oscar", "Paula", "Petra",
	"Priya", "Rafael", "Rosa", "Ruth", "Samir", "Sanna", "Søren", "Tariq", "Thandi", "Tomáš", "Uma", "Valentina", "Wei", "Yara", "Zoë",
}

var lastNames = []string{
	"Abara", "Almeida", "Andersson", "Bakker", "Banerjee", "Bianchi", "Brennan", "Castillo", "Chen", "Dąbrowski", "Delacroix", "Demir", "Diallo",
	"Eriksen", "Farouk", "Fischer", "García", "Goldberg", "Gunnarsson", "Haddad", "Hashimoto", "Hoang", "Horvat", "Iyer", "Jansen", "Kaya",
	"Kimani", "Kovács", "Kowalski", "Larsen", "Lindqvist", "Mbeki", "Mendes", "Moreau", "Müller", "Nakamura", "Novák", "O’Connor", "Okafor",
	"Olsen", "Pereira", "Petrov", "Quispe", "Rahman", "Ricci", "Rossi", "Sato", "Schmidt", "Sharma", "Silva", "Sørensen", "Tanaka", "Traoré",
	"Vargas", "Virtanen", "Weber", "Wójcik", "Yılmaz", "Zhang", "Žukauskas",
}

type domain struct {
	key, name, description string
	things                 []string
}

var domains = []domain{
	{"SHOP", "Shop", "Web shop and checkout", []string{"checkout", "basket", "catalogue", "voucher form", "product page", "search results", "order history", "wish list"}},
	{"PAY", "Payments", "Payments, invoices and refunds", []string{"refunds", "invoice export", "card vault", "payment webhooks", "settlement report", "3-D Secure step", "ledger"}},
	{"DATA", "Data platform", "Pipelines and reporting", []string{"nightly export", "event loader", "warehouse models", "report scheduler", "column lineage", "backfill job"}},
	{"OPS", "Operations", "Infrastructure and tooling", []string{"deploy script", "alert rules", "log shipping", "base image", "cluster autoscaler", "backup job", "runbook links"}},
	{"MOB", "Mobile", "Apps for iOS and Android", []string{"push notifications", "onboarding", "offline cache", "deep links", "settings screen", "barcode scanner"}},
	{"ID", "Identity", "Accounts and sign-in", []string{"sign-in page", "session store", "password reset", "audit log", "role editor", "SCIM sync"}},
	{"LOG", "Logistics", "Warehouses and delivery", []string{"route planner", "parcel tracking", "stock sync", "label printing", "returns desk"}},
	{"WEB", "Website", "Public site and documentation", []string{"landing page", "cookie banner", "sitemap", "blog templates", "contact form", "image pipeline"}},
}

var parts = []string{
	"web", "api", "worker", "admin", "sdk", "schemas", "infra", "e2e-tests", "docs", "gateway", "cli", "importer", "exporter", "sandbox",
	"proxy", "scheduler", "toolkit", "mailer", "monitoring", "playground",
}

var languages = []string{"go", "python", "typescript", "java", "kotlin", "swift", "terraform", ""}

var verbs = []string{
	"Add retries to", "Add tests for", "Allow empty input in", "Cache lookups in", "Clean up", "Document", "Fix a race in", "Fix rounding in",
	"Fix time zones in", "Handle time-outs in", "Improve errors of", "Limit the memory of", "Log less in", "Make room for plug-ins in",
	"Measure", "Move configuration of", "Paginate", "Remove dead code from", "Rename fields of", "Show progress in", "Simplify", "Speed up",
	"Split", "Translate", "Validate input of",
}

// decoys look like stories and are none.
var decoys = []string{"Use UTF-8 everywhere in the", "Replace MD5 by SHA-256 in the", "Upgrade parsers because of CVE-2026-1 in the"}

var packages = []string{"axios", "lodash", "requests", "jackson-databind", "okhttp", "golang.org/x/net", "urllib3", "eslint", "postgres-driver"}

var remarks = []string{
	"Could we give this a name that says what it is for?", "Nice, much easier to read now.", "What happens when the list is empty?",
	"This needs a test.", "I would rather keep the old behaviour here.", "Should this be configurable?", "Typo.", "Looks right to me, one question below.",
	"Does this hold for customers with more than one address?", "Can we land this before the freeze?", "Please split this, it does two things.",
	"The same code stands in the importer already.", "Why a pointer?", "Merci, c’est beaucoup plus clair.", "👍",
}

var replies = []string{
	"Done.", "Good catch, fixed.", "I'd like to leave that for a follow-up.", "Agreed.", "It can't be: the caller checks it.", "Renamed.",
	"Let's talk about it tomorrow.",
}

var chores = []string{
	"Add a test for the empty case", "Update the changelog", "Remove the debug output", "Check with support before merging", "Add an index",
	"Mention it in the release notes", "Rename the flag", "Measure it on real data", "Rebase on main",
}

var reasons = []string{"Not needed any more.", "We chose another way.", "Superseded by the rewrite.", "", ""}

var files = []string{"main.go", "internal/store.go", "src/index.ts", "app/models.py", "README.md", "deploy/values.yaml", "src/App.kt", "lib/client.rb"}
