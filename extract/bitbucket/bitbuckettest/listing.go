package bitbuckettest

import (
	"net/url"
	"strconv"
)

// A listing is a collection as a route finds it: all rows that match, in order, and how to show one.
type listing[T any] struct {
	rows      []T
	backwards bool // the last row comes first
	show      func(T) object
	most      int  // the longest page
	noSize    bool // the collection doesn't count itself
	request   *request
}

// page cuts the wanted page out of the listing. Pages are numbered, and the list is evaluated anew for each request: a row that changes its
// place between two requests makes others move across the page border, where they are missed or met again. That is how Bitbucket does it.
func (l listing[T]) page() *answer {
	query := l.request.query
	length, err := number(query, "pagelen", 10)
	if err != nil || length > l.most { // a longer page is not clamped: jenkins#1182, insight#1888
		return badRequest("Invalid pagelen")
	}
	if limit := l.request.options.PageLimit; limit > 0 {
		length = min(length, limit)
	}
	page, err := number(query, "page", 1)
	if err != nil {
		return badRequest("Invalid page") // BCLOUD-19593
	}
	from := len(l.rows)
	if page-1 <= len(l.rows)/length {
		from = min((page-1)*length, len(l.rows))
	}
	to := min(from+length, len(l.rows))
	values := make([]any, 0, to-from)
	for i := from; i < to; i++ {
		row := l.rows[i]
		if l.backwards {
			row = l.rows[len(l.rows)-1-i]
		}
		values = append(values, l.show(row))
	}
	envelope := object{"pagelen": length, "page": page, "values": values}
	if !l.noSize {
		envelope["size"] = len(l.rows)
	}
	if to < len(l.rows) {
		envelope["next"] = l.request.at(page + 1)
	}
	if page > 1 && from < len(l.rows) {
		envelope["previous"] = l.request.at(page - 1)
	}
	return jsonAnswer(200, partial(envelope, query.Get("fields")))
}

func number(query url.Values, name string, otherwise int) (int, error) {
	text := query.Get(name)
	if text == "" {
		return otherwise, nil
	}
	n, err := strconv.Atoi(text)
	if err == nil && n < 1 {
		err = strconv.ErrRange
	}
	return n, err
}

// at is the absolute address of this request with another page number.
func (q *request) at(page int) string {
	query := make(url.Values, len(q.query)+1)
	for name, values := range q.query {
		query[name] = values
	}
	query.Set("page", strconv.Itoa(page))
	return q.base + q.path + "?" + query.Encode()
}

// filter keeps the rows for which q holds, and sorts them.
func filter[T any](rows []T, query url.Values, fields fieldSet[T]) ([]T, error) {
	kept := make([]T, 0, len(rows))
	holds := func(T) bool { return true }
	if q := query.Get("q"); q != "" {
		var err error
		if holds, _, err = parseQuery(q, fields); err != nil {
			return nil, err
		}
	}
	for _, row := range rows {
		if holds(row) {
			kept = append(kept, row)
		}
	}
	if sort := query.Get("sort"); sort != "" {
		return kept, sortBy(kept, sort, fields)
	}
	return kept, nil
}
