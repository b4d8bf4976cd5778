package load

import (
	"maps"
	"slices"
	"strconv"
	"strings"

	"bucketlake/schemas"
)

// DefaultObjectBytes is the size from which on an object gets no new rows.
const DefaultObjectBytes = 256 << 20

// A partition is one object as long as it is not too large, and then several: parts, numbered from 1. A part that has reached its
// size gets no keys that it does not have; they go into the next one, in their order, so that the parts of a partition that is
// written at once are ranges of keys. A row never goes from one part to another: each part is replaced whole by one PUT, and
// whoever reads the folder meanwhile sees each key once.
//
// In a manifest, part 2 of the partition 2026-10 is 2026-10/2, and part 1 just 2026-10.

func partKey(month string, part int) string {
	if part == 1 {
		return month
	}
	return month + "/" + strconv.Itoa(part)
}

// cutPart takes the key of a part apart.
func cutPart(key string) (month string, part int, ok bool) {
	month, number, several := strings.Cut(key, "/")
	if !several {
		return month, 1, true
	}
	part, err := strconv.Atoi(number)
	return month, part, err == nil && part > 1 && strconv.Itoa(part) == number
}

// inOrder lists the keys of the parts of a manifest: by month, and those of a month by their number.
func (m *Manifest) inOrder() []string {
	return slices.SortedFunc(maps.Keys(m.Objects), func(a, b string) int {
		monthA, partA, _ := cutPart(a)
		monthB, partB, _ := cutPart(b)
		if order := strings.Compare(monthA, monthB); order != 0 {
			return order
		}
		return partA - partB
	})
}

// months lists the partitions, in order.
func (m *Manifest) months() []string {
	var months []string
	for _, key := range m.inOrder() {
		if month, part, _ := cutPart(key); part == 1 {
			months = append(months, month)
		}
	}
	return months
}

// parts returns how many objects a partition has.
func (m *Manifest) parts(month string) (n int) {
	for {
		if _, ok := m.Objects[partKey(month, n+1)]; !ok {
			return n
		}
		n++
	}
}

// objectBytes is the size of objects that holds for the next commit; manifests of earlier versions don't say it.
func (m *Manifest) objectBytes() int64 {
	if m.ObjectBytes == 0 {
		return DefaultObjectBytes
	}
	return m.ObjectBytes
}

// Versions tells, for each partition, what stands in it: another text for other content.
func (m *Manifest) Versions() map[string]string {
	versions := map[string]string{}
	for _, month := range m.months() {
		var etags []string
		for part := range m.parts(month) {
			etags = append(etags, m.Objects[partKey(month, part+1)].ETag)
		}
		versions[month] = strings.Join(etags, " ")
	}
	return versions
}

func objectName(t *schemas.Table, workspace, key string) string {
	month, part, _ := cutPart(key)
	name := "/data.parquet"
	if part > 1 {
		name = "/data-" + strconv.Itoa(part) + ".parquet"
	}
	if month != "" {
		name = "/month=" + month + name
	}
	return folder(t, workspace) + name
}

// keyOf returns the part whose object a name is.
func keyOf(t *schemas.Table, workspace, name string) (key string, ok bool) {
	rest, ok := strings.CutPrefix(name, folder(t, workspace)+"/")
	if !ok {
		return "", false
	}
	month, part := "", 1
	if of, file, several := strings.Cut(rest, "/"); several {
		month, rest = strings.TrimPrefix(of, "month="), file
	}
	if number, several := strings.CutPrefix(strings.TrimSuffix(rest, ".parquet"), "data-"); several {
		part, _ = strconv.Atoi(number)
	}
	key = partKey(month, max(1, part))
	return key, (month == "") == (t.Partition < 0) && (month == "" || validMonth(month)) && objectName(t, workspace, key) == name
}
