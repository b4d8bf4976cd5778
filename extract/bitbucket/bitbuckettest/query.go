package bitbuckettest

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// The query language of the q parameter: comparisons (= != ~ !~ > >= < <= IN) of a field with a literal, AND, OR and parentheses. Dates are
// ISO 8601, quoted or bare; both are in use (BCLOUD-22709, Renovate). Assumed: keywords are in capitals, AND binds closer than OR, a
// comparison with a field that is null holds for nothing but = null and != null, and a field of one type can't be compared with another.

// A fieldSet names what a collection can filter and sort by. A field without get is one that Bitbucket breaks down on.
type fieldSet[T any] map[string]field[T]

type field[T any] struct {
	like any         // a value of the field's type: string, int64, bool or time.Time
	get  func(T) any // its value: of that type, or nil
}

// predicate is a parsed query.
type predicate[T any] func(T) bool

type tokenKind int

const (
	tokenEnd tokenKind = iota
	tokenWord
	tokenString
	tokenOperator
	tokenBad
)

type token struct {
	kind tokenKind
	text string
}

// lexer splits a query. A bare word is anything up to a space, quote, parenthesis, comma or operator; dates with their offset are words.
type lexer struct{ rest string }

func (l *lexer) next() token {
	l.rest = strings.TrimLeft(l.rest, " \t\r\n")
	if l.rest == "" {
		return token{}
	}
	for _, op := range []string{"!=", "!~", ">=", "<=", "=", "~", ">", "<", "(", ")", ","} {
		if strings.HasPrefix(l.rest, op) {
			l.rest = l.rest[len(op):]
			return token{tokenOperator, op}
		}
	}
	if l.rest[0] == '"' {
		return l.quoted()
	}
	n := strings.IndexAny(l.rest, " \t\r\n\"(),=!~<>")
	if n < 0 {
		n = len(l.rest)
	}
	if n == 0 {
		return token{tokenBad, l.rest[:1]}
	}
	word := l.rest[:n]
	l.rest = l.rest[n:]
	return token{tokenWord, word}
}

func (l *lexer) quoted() token {
	var b strings.Builder
	for i := 1; i < len(l.rest); i++ {
		switch c := l.rest[i]; {
		case c == '\\' && i+1 < len(l.rest):
			i++
			b.WriteByte(l.rest[i])
		case c == '"':
			l.rest = l.rest[i+1:]
			return token{tokenString, b.String()}
		default:
			b.WriteByte(c)
		}
	}
	return token{tokenBad, l.rest}
}

type parser[T any] struct {
	lex    lexer
	tok    token
	fields fieldSet[T]
	depth  int
	// named collects the literals that are compared with each field.
	named map[string][]string
}

// parseQuery parses q. The error is the answer: a 400, or the 500 of some fields.
func parseQuery[T any](q string, fields fieldSet[T]) (predicate[T], map[string][]string, error) {
	p := &parser[T]{lex: lexer{q}, fields: fields, named: map[string][]string{}}
	p.advance()
	holds, err := p.or()
	if err != nil {
		return nil, nil, err
	}
	if p.tok.kind != tokenEnd {
		return nil, nil, p.bad()
	}
	return holds, p.named, nil
}

func (p *parser[T]) advance() { p.tok = p.lex.next() }

func (p *parser[T]) bad() error {
	if p.tok.kind == tokenEnd {
		return badRequest("Invalid query: unexpected end")
	}
	return badRequest("Invalid query near " + strconv.Quote(p.tok.text))
}

func (p *parser[T]) take(kind tokenKind, text string) bool {
	if p.tok.kind == kind && p.tok.text == text {
		p.advance()
		return true
	}
	return false
}

func (p *parser[T]) or() (predicate[T], error) {
	if p.depth++; p.depth > 50 {
		return nil, badRequest("Invalid query: too deep")
	}
	defer func() { p.depth-- }()
	left, err := p.and()
	for err == nil && p.take(tokenWord, "OR") {
		var right predicate[T]
		if right, err = p.and(); err == nil {
			l := left
			left = func(x T) bool { return l(x) || right(x) }
		}
	}
	return left, err
}

func (p *parser[T]) and() (predicate[T], error) {
	left, err := p.term()
	for err == nil && p.take(tokenWord, "AND") {
		var right predicate[T]
		if right, err = p.term(); err == nil {
			l := left
			left = func(x T) bool { return l(x) && right(x) }
		}
	}
	return left, err
}

func (p *parser[T]) term() (predicate[T], error) {
	if p.take(tokenOperator, "(") {
		inner, err := p.or()
		if err == nil && !p.take(tokenOperator, ")") {
			err = p.bad()
		}
		return inner, err
	}
	if p.tok.kind != tokenWord {
		return nil, p.bad()
	}
	name := p.tok.text
	f, err := lookup(p.fields, name, "filtering")
	if err != nil {
		return nil, err
	}
	p.advance()
	op := p.tok
	p.advance()
	if op.kind == tokenWord && op.text == "IN" {
		return p.in(name, f)
	}
	if op.kind != tokenOperator || strings.ContainsAny(op.text, "(),") {
		return nil, p.bad()
	}
	value, err := p.literal(name)
	if err != nil {
		return nil, err
	}
	return comparison(name, f, op.text, value)
}

func (p *parser[T]) in(name string, f field[T]) (predicate[T], error) {
	if !p.take(tokenOperator, "(") {
		return nil, p.bad()
	}
	var choices []predicate[T]
	for {
		value, err := p.literal(name)
		if err != nil {
			return nil, err
		}
		equal, err := comparison(name, f, "=", value)
		if err != nil {
			return nil, err
		}
		choices = append(choices, equal)
		if p.take(tokenOperator, ")") {
			break
		}
		if !p.take(tokenOperator, ",") {
			return nil, p.bad()
		}
	}
	return func(x T) bool {
		for _, holds := range choices {
			if holds(x) {
				return true
			}
		}
		return false
	}, nil
}

func (p *parser[T]) literal(name string) (token, error) {
	t := p.tok
	if t.kind != tokenWord && t.kind != tokenString {
		return t, p.bad()
	}
	p.named[name] = append(p.named[name], t.text)
	p.advance()
	return t, nil
}

// lookup finds the field, or the answer that Bitbucket gives to one that it doesn't support (BCLOUD-22709: 400, or for closed_on a plain 500).
func lookup[T any](fields fieldSet[T], name, purpose string) (field[T], error) {
	f, ok := fields[name]
	switch {
	case !ok:
		return f, badRequest(fmt.Sprintf("Field %q does not support %s", "."+name, purpose))
	case f.get == nil:
		return f, somethingWrong()
	}
	return f, nil
}

// parseTime reads the dates that a query may hold. One whose + has become a space (it was not encoded) doesn't come this far.
func parseTime(s string) (time.Time, bool) {
	for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999", "2006-01-02"} {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC(), true
		}
	}
	return time.Time{}, false
}
