package transform

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"bucketlake/extract/bitbucket"
	"bucketlake/schemas"
)

func (b *Batch) stories(parent bitbucket.Parent, pr *schemas.PullRequest) {
	for _, place := range []struct{ name, text string }{{"branch", pr.SourceBranch}, {"title", pr.Title}} {
		for _, key := range b.Stories.Keys(place.text) {
			b.add(schemas.StoryLinks, &schemas.StoryLink{
				RepositoryUUID: parent.Repository, ObjectType: "pull_request", ObjectID: decimal(pr.ID),
				StoryKey: key, FoundIn: place.name, UserUUID: pr.Author.UUID, UserType: pr.Author.Type, LinkedOn: pr.CreatedOn,
			})
		}
	}
	links := b.rows(schemas.StoryLinks)
	links.Complete = append(links.Complete, schemas.Scope{
		Key: append(b.key(parent), "pull_request", decimal(pr.ID)), Month: schemas.Month(pr.CreatedOn),
	})
}

// lookalikes are names of standards and algorithms, which are written as story keys are.
var lookalikes = []string{
	"AES", "BASE", "CRC", "CVE", "CWE", "ECMA", "FIPS", "HTTP", "IEC", "IEEE", "ISO", "LATIN", "MD", "PEP", "PKCS",
	"RFC", "RSA", "SHA", "SHA2", "SHA3", "SSL", "TLS", "UCS", "UTF", "WCAG",
}

// Stories says which keys are those of stories.
type Stories struct {
	// Projects are the projects of Jira whose keys count. None: all do that are not the name of a
	// standard.
	Projects []string
}

// Keys returns the keys of Jira stories that a text names, such as ABC-12, in order and each once.
// Keys are in upper case, as Jira and Bitbucket ask for.
func (s Stories) Keys(text string) []string {
	var keys []string
	for from, end := nextKey(text, 0); end > 0; from, end = nextKey(text, end) {
		key := text[from:end]
		project, _, _ := strings.Cut(key, "-")
		before, _ := utf8.DecodeLastRuneInString(text[:from])
		if alphanumeric(before) || continues(text[end:]) ||
			!s.counts(project) || slices.Contains(keys, key) {
			continue
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}

// nextKey finds what has the form of a key, behind a place in a text: it is what [A-Z][A-Z0-9_]+-[1-9][0-9]* matches,
// found by its hyphen. An end of 0 says that there is none.
func nextKey(text string, behind int) (from, end int) {
	for hyphen := behind; ; hyphen++ {
		next := strings.IndexByte(text[hyphen:], '-')
		if next < 0 {
			return 0, 0
		}
		hyphen += next
		if end = hyphen + 1; end == len(text) || text[end] < '1' || '9' < text[end] {
			continue
		}
		from = hyphen
		for from > behind && (isUpper(text[from-1]) || isDigit(text[from-1]) || text[from-1] == '_') {
			from--
		}
		for from < hyphen && !isUpper(text[from]) {
			from++
		}
		if hyphen-from < 2 {
			continue
		}
		for end < len(text) && isDigit(text[end]) {
			end++
		}
		return from, end
	}
}

func isUpper(c byte) bool { return 'A' <= c && c <= 'Z' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func (s Stories) counts(project string) bool {
	if len(s.Projects) > 0 {
		return slices.Contains(s.Projects, project)
	}
	return !slices.Contains(lookalikes, project)
}

// continues reports whether what follows a key makes it something else: ABC-12x, ABC-12-3.
func continues(rest string) bool {
	after, _ := utf8.DecodeRuneInString(rest)
	return alphanumeric(after) || len(rest) > 1 && rest[0] == '-' && '0' <= rest[1] && rest[1] <= '9'
}

func alphanumeric(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }
