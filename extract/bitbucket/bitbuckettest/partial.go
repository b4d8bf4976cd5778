package bitbuckettest

import "strings"

// Partial answers, the fields parameter: names separated by commas. A name alone makes a whitelist, in which everything else is lost, next and
// size too; +name adds what an answer leaves out, -name removes. Misspelt names are silently dropped. A * stands for every name of its level,
// those included that are only given on request: so closed_on comes with *.*. Assumed: a whitelisted name brings its object as it is by default,
// and a * that has levels below it keeps the plain values of its own level.

// onRequest is a value that an answer holds only where fields asks for it.
type onRequest struct{ v any }

// partial applies the fields parameter to a tree of objects and lists.
func partial(tree any, fields string) any {
	var whitelist, add, remove [][]string
	for name := range strings.SplitSeq(fields, ",") {
		// A + that was not encoded has arrived as a space.
		if name = strings.TrimSpace(name); name == "" {
			continue
		}
		path := func(s string) []string { return strings.Split(s, ".") }
		switch name[0] {
		case '+':
			add = append(add, path(name[1:]))
		case '-':
			remove = append(remove, path(name[1:]))
		default:
			whitelist = append(whitelist, path(name))
		}
	}
	if whitelist != nil {
		tree = selectPaths(tree, append(whitelist, add...), false)
	} else {
		tree = selectPaths(tree, add, true)
	}
	for _, path := range remove {
		removePath(tree, path)
	}
	return tree
}

// selectPaths copies the tree. With rest, everything that is not on request comes too, and the paths only add.
func selectPaths(tree any, paths [][]string, rest bool) any {
	switch t := tree.(type) {
	case onRequest:
		return selectPaths(t.v, paths, rest)
	case []any:
		out := make([]any, len(t))
		for i, v := range t {
			out[i] = selectPaths(v, paths, rest)
		}
		return out
	case object:
		out := make(object, len(t))
		for name, v := range t {
			below, whole := pathsBelow(paths, name, v)
			_, hidden := v.(onRequest)
			keep := rest && !hidden
			switch {
			case whole:
				out[name] = selectPaths(v, below, true)
			case len(below) > 0:
				out[name] = selectPaths(v, below, keep)
			case keep:
				out[name] = selectPaths(v, nil, true)
			}
		}
		return out
	}
	return tree
}

// pathsBelow returns what the paths say below name, and whether one of them ends there.
func pathsBelow(paths [][]string, name string, v any) (below [][]string, whole bool) {
	for _, p := range paths {
		if p[0] != name && p[0] != "*" {
			continue
		}
		if len(p) == 1 || p[0] == "*" && plain(v) || null(v) { // of a null there is nothing below, but it is there
			whole = true
		}
		if len(p) > 1 && !plain(v) {
			below = append(below, p[1:])
		}
	}
	return below, whole
}

func plain(v any) bool {
	switch v := v.(type) {
	case onRequest:
		return plain(v.v)
	case object, []any:
		return false
	}
	return true
}

func null(v any) bool {
	if hidden, ok := v.(onRequest); ok {
		v = hidden.v
	}
	return v == nil
}

func removePath(tree any, path []string) {
	switch t := tree.(type) {
	case []any:
		for _, v := range t {
			removePath(v, path)
		}
	case object:
		for name, v := range t {
			if name != path[0] && path[0] != "*" {
				continue
			}
			if len(path) == 1 {
				delete(t, name)
			} else {
				removePath(v, path[1:])
			}
		}
	}
}
