package bitbucket

import (
	"context"
	"fmt"
	"iter"
	"net/url"
	"strconv"
)

// Page is one page of a list.
type Page[T any] struct {
	Values []T    `json:"values"`
	Next   string `json:"next"` // address of the page after this one; empty on the last
	Size   *int   `json:"size"` // rows of the whole list; not every list tells
}

// Pages reads the list at path page by page, following the next links as Bitbucket gives them: they
// may be opaque. The query gains pagelen and the fields= that T needs. It ends at the first error.
//
// A link that leads away from the API, or to a page that was read already, is an error.
func Pages[T any](ctx context.Context, c *Client, path string, pagelen int, query url.Values) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		q := url.Values{"pagelen": {strconv.Itoa(pagelen)}, "fields": {"next,size," + Fields[T]("values.")}}
		for k, v := range query {
			q[k] = v
		}
		for page, err := range PagesFrom[T](ctx, c, c.Base+path+"?"+q.Encode()) {
			if !yield(page, err) {
				return
			}
		}
	}
}

// PagesFrom is Pages from the page at an address on: the Next of a page that was read before.
func PagesFrom[T any](ctx context.Context, c *Client, next string) iter.Seq2[Page[T], error] {
	return func(yield func(Page[T], error) bool) {
		for seen := map[string]bool{}; next != ""; {
			var page Page[T]
			err := c.follow(ctx, next, seen, &page)
			if err != nil {
				yield(page, fmt.Errorf("reading page %d: %w", len(seen), err))
				return
			}
			if !yield(page, nil) {
				return
			}
			next = page.Next
		}
	}
}

func (c *Client) follow(ctx context.Context, address string, seen map[string]bool, page any) error {
	u, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("%w: it does not parse", ErrForeignLink)
	}
	if err := c.own(u); err != nil {
		return err
	}
	if seen[address] {
		return ErrLinkLoop
	}
	seen[address] = true
	return c.get(ctx, address, page)
}

// Path fills a path's segments in, escaped: uuids carry braces.
func Path(format string, segments ...string) string {
	escaped := make([]any, len(segments))
	for i, s := range segments {
		escaped[i] = url.PathEscape(s)
	}
	return fmt.Sprintf(format, escaped...)
}
