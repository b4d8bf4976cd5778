package bitbuckettest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"time"
	"unicode"
)

// newWorld settles the workspace: its people, projects and repositories, and the first arrivals of pull requests. Nothing has happened yet.
func newWorld(o Options) *world {
	w := &world{
		rng:       rand.New(rand.NewPCG(o.Seed, 0x6275636b6574)),
		side:      rand.New(rand.NewPCG(o.Seed, 0x73696465)),
		start:     o.End.AddDate(0, -o.Scale.Months, 0),
		end:       o.End,
		scale:     o.Scale,
		still:     map[Action]bool{},
		stillOpen: o.StillWhileOpen,
		renamed:   map[string]*repository{},
		nextID:    540_000_000,
	}
	for _, a := range o.Still {
		w.still[a] = true
	}
	w.last = w.start
	for _, slug := range append([]string{o.Workspace}, o.MoreWorkspaces...) {
		w.workspaces = append(w.workspaces, &workspace{
			uuid: w.uuid(), slug: slug, name: strings.ToUpper(slug[:1]) + slug[1:], created: w.moment(w.start.AddDate(-2, 0, 0)),
		})
	}
	w.settleProjects()
	w.settlePeople()
	w.settleRepositories()
	w.gather()
	for k := range w.scale.PullRequests {
		w.arrive(k)
	}
	w.settleSetup()
	return w
}

// moment spreads a time over its day, to the microsecond.
func (w *world) moment(t time.Time) time.Time {
	return t.Add(time.Duration(w.rng.Int64N(int64(24*time.Hour/time.Microsecond))) * time.Microsecond).Truncate(time.Microsecond)
}

func (w *world) settleProjects() {
	n := min(len(domains), max(2, w.scale.Repositories/5))
	for i := range n {
		d := domains[i]
		at := w.moment(w.start.AddDate(0, -w.between(3, 20), 0))
		w.projects = append(w.projects, &project{
			uuid: w.uuid(), key: d.key, name: d.name, description: d.description, private: i != n-1,
			created: at, updated: at, stories: w.between(40, 900), owner: w.workspaces[0],
		})
	}
}

// settlePeople makes as many seats as the scale says, and over and above them two accounts that are going to be deleted and two machines.
func (w *world) settlePeople() {
	n := w.scale.Members
	never := (n*15 + 50) / 100
	used := n + 2 - never
	order := w.rng.Perm(len(firstNames) * len(lastNames))
	for i := range n + 2 {
		a := w.person(order[i%len(order)], i/len(order))
		if i < used {
			// Few do much and many do little: by rank, about as 1/rank.
			a.weight = 1 / math.Pow(float64(i+1), 0.9)
		}
		if i > 4 && w.chance(0.1) { // lapsed: held a seat, stopped using it
			a.until = w.start.Add(time.Duration(w.rng.Float64() * float64(w.end.Sub(w.start))))
		}
		if i > 4 && w.chance(0.15) { // came later
			a.from = w.start.Add(time.Duration(w.rng.Float64() * 0.8 * float64(w.end.Sub(w.start))))
		}
		a.admin = i < 2
		w.accounts = append(w.accounts, a)
	}
	// Two of the busier ones are deleted at the end of the history (see liveUntil); that neither is an administrator keeps the consent open.
	w.deps = w.machine("Dependency Bot")
	w.ship = w.machine("Release Bot")
}

func (w *world) person(n, round int) *account {
	first, last := firstNames[n%len(firstNames)], lastNames[n/len(firstNames)%len(lastNames)]
	if round > 0 {
		last = fmt.Sprintf("%s %d", last, round+1)
	}
	name := first + " " + last
	uuid := w.uuid()
	return &account{
		uuid: uuid, accountID: "557058:" + strings.Trim(uuid, "{}"), name: name, nickname: pick(w, []string{name, first, strings.ToLower(ascii(first + last[:1]))}),
		email: strings.ToLower(strings.ReplaceAll(ascii(name), " ", ".")) + "@example.com", kind: "user",
		created: w.moment(w.start.AddDate(0, -w.between(1, 40), 0)), home: w.rng.IntN(len(w.projects)), until: farFuture,
	}
}

var farFuture = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (w *world) machine(name string) *account {
	uuid := w.uuid()
	a := &account{uuid: uuid, accountID: "712020:" + strings.Trim(uuid, "{}"), name: name, nickname: name, kind: "app_user", created: w.moment(w.start), until: farFuture}
	w.accounts = append(w.accounts, a)
	return a
}

// ascii drops what an e-mail address of the simulation doesn't hold.
func ascii(s string) string {
	plain := strings.NewReplacer("ï", "i", "ë", "e", "é", "e", "ø", "o", "Ł", "L", "ł", "l", "ã", "a", "á", "a", "š", "s", "ą", "a", "í", "i", "ó", "o", "ü", "u", "ı", "i", "Ž", "Z", "Ö", "O", "ç", "c").Replace(s)
	return strings.Map(func(r rune) rune {
		if r > unicode.MaxASCII {
			return -1
		}
		return r
	}, plain)
}

func (w *world) settleRepositories() {
	n := w.scale.Repositories
	for i := range n {
		p := w.projects[i%len(w.projects)]
		name := strings.ToLower(p.name[:1]) + strings.ReplaceAll(p.name[1:], " ", "-") + "-" + parts[i/len(w.projects)%len(parts)]
		if round := i / len(w.projects) / len(parts); round > 0 {
			name = fmt.Sprintf("%s-%d", name, round+1)
		}
		r := w.newRepository(p, name, w.moment(w.start.AddDate(0, 0, -w.between(2, 700))))
		r.weight = 1 / math.Pow(float64(i+1), 1.05)
		if n >= 5 && i >= n-max(1, n/10) { // the last tenth is quiet; the very last one is empty
			r.weight = 0
		}
	}
	if n >= 5 {
		empty := w.repos[n-1]
		empty.mainbranch, empty.size, empty.language, empty.branches = "", 0, "", nil
	}
	for i := n / 2; i < n-1 && n >= 5; i += 13 { // forks inside the workspace
		r := w.repos[i]
		if i%3 == i {
			continue
		}
		r.parent, r.weight = w.repos[i%3], r.weight/4
		r.branches[0].head = r.parent.branches[0].head
		r.forkPolicy = "no_public_forks"
	}
}

func (w *world) newRepository(p *project, name string, at time.Time) *repository {
	r := &repository{
		uuid: w.uuid(), slug: slugify(name), name: name, project: p, private: p.private || w.chance(0.5), created: at, updated: at,
		description: pick(w, []string{"", p.description, "The " + name + " of " + p.name + "."}), language: pick(w, languages),
		mainbranch: pick(w, []string{"main", "main", "master"}), forkPolicy: "allow_forks", size: w.rng.Int64N(90_000_000) + 20_000,
	}
	if r.private {
		r.forkPolicy = "no_public_forks"
	}
	w.begin(r)
	w.repos = append(w.repos, r)
	return r
}

// slugify keeps what may stand in an address.
func slugify(s string) string {
	var b strings.Builder
	dash := false
	for _, r := range strings.ToLower(ascii(s)) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '.' || r == '_' {
			b.WriteRune(r)
			dash = false
		} else if !dash && b.Len() > 0 {
			b.WriteByte('-')
			dash = true
		}
	}
	return strings.TrimRight(b.String(), "-")
}

func equalSlug(a, b string) bool { return strings.EqualFold(a, b) }
