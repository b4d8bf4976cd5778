package extract

import (
	"context"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"bucketlake/extract/bitbucket"
)

// stratum is some repositories in the order of their updated_on, how many of them are asked for their pull requests, and how
// many of these for the rest.
type stratum struct{ from, to, asked, whole int }

const (
	// leastOf is how many repositories of a stratum are asked at least: one tells nothing of how they differ.
	leastOf = 2
	// leastSampled is what two strata take at least, with the pages that name their repositories.
	leastSampled = 2*leastOf*(1+perWhole) + 3
)

// strataOf divides the ranks of so many repositories, for so many requests at most.
func strataOf(repositories, requests int) (strata []stratum) {
	if repositories == 0 {
		return nil
	}
	pages := int(pagesOf(float64(repositories), longest)) // that name them
	if repositories*(1+perWhole)+pages <= requests {
		return []stratum{{0, repositories, repositories, repositories}}
	}
	whole := max(2*leastOf, int(wholly*float64(requests)/perWhole))
	asked := requests - perWhole*whole
	asked = max(2*leastOf, asked-min(pages, asked/2))
	if asked > repositories {
		whole += (asked - repositories) / perWhole
		asked = repositories
	}
	most := min(whole, asked) / leastOf // strata
	first := min(max(leastOf, int(census*float64(asked))), asked-leastOf*(most-1))
	strata = []stratum{{0, first, first, 0}}
	for from, size := first, first; from < repositories; size *= 2 {
		to := min(repositories, from+size)
		if repositories-to < size || len(strata) == most-1 { // no small rest
			to = repositories
		}
		strata = append(strata, stratum{from, to, 0, 0})
		from = to
	}
	rest, left := asked-first, whole
	for i := 1; i < len(strata); i++ {
		s := &strata[i]
		s.asked = min(s.to-s.from, rest/(len(strata)-i))
		rest -= s.asked
	}
	for i := len(strata) - 1; i >= 0; i-- { // the first one has what is left
		s := &strata[i]
		if s.whole = left; i > 0 {
			s.whole = min(max(leastOf, whole*s.asked/asked), left-leastOf*i)
		}
		s.whole = min(s.whole, s.asked)
		left -= s.whole
	}
	return strata
}

// stratum asks some repositories of a stratum.
func (p *predictor) stratum(ctx context.Context, s stratum) error {
	drawn, err := p.draw(ctx, s)
	if err != nil {
		return err
	}
	p.dice.Shuffle(len(drawn), func(i, j int) { drawn[i], drawn[j] = drawn[j], drawn[i] })
	size, whole := float64(s.to-s.from), min(s.whole, len(drawn))
	var pulls, rest []float64 // what they cost
	for i, r := range drawn {
		n, cost, err := p.pullRequests(ctx, r, size/float64(len(drawn)))
		if err == nil {
			pulls = append(pulls, cost)
			if i < whole {
				cost, err = p.rest(ctx, r, n, size/float64(whole))
				rest = append(rest, cost)
			}
		}
		if err != nil {
			return fmt.Errorf("asking repository %s: %w", r.Slug, err)
		}
	}
	// Those that are asked for the rest are some of those that are asked for pull requests, so what the two lack of the truth
	// is not independent.
	p.variance += variance(pulls, pulls, size) + variance(rest, rest, size) + 2*variance(pulls[:len(rest)], rest, size)*float64(len(rest))/max(1, float64(len(pulls)))
	return nil
}

// variance is that of the sum over all of a population by a sample from it; of two quantities, their covariance.
func variance(a, b []float64, population float64) (sum float64) {
	n := float64(len(a))
	if n < 2 || n >= population {
		return 0
	}
	meanA, meanB := mean(a), mean(b)
	for i := range a {
		sum += (a[i] - meanA) * (b[i] - meanB)
	}
	return population * population * (1 - n/population) * sum / (n - 1) / n
}

func mean(all []float64) (sum float64) {
	for _, x := range all {
		sum += x / float64(len(all))
	}
	return sum
}

// draw draws the repositories of a stratum that are asked. A page of the list names a hundred.
func (p *predictor) draw(ctx context.Context, s stratum) (drawn []bitbucket.Repository, err error) {
	ranks := p.dice.Perm(s.to - s.from)[:s.asked]
	byPage := map[int][]int{}
	for _, rank := range ranks {
		rank += s.from
		byPage[rank/longest] = append(byPage[rank/longest], rank%longest)
	}
	for _, page := range slices.Sorted(maps.Keys(byPage)) {
		values, err := p.named(ctx, page)
		if err != nil {
			return nil, err
		}
		if page == 0 && s.from == 0 {
			p.changing = changing(values, p.src.Now)
		}
		slices.Sort(byPage[page])
		for _, i := range byPage[page] {
			if i < len(values) { // or there are fewer by now
				drawn = append(drawn, values[i])
			}
		}
	}
	return drawn, nil
}

// named returns a page of the list of repositories, those that changed last first.
func (p *predictor) named(ctx context.Context, number int) ([]bitbucket.Repository, error) {
	if p.page.values != nil && p.page.number == number { // the stratum before ended on it
		return p.page.values, nil
	}
	query := url.Values{"sort": {"-updated_on"}, "page": {strconv.Itoa(number + 1)}}
	for page, err := range bitbucket.Pages[bitbucket.Repository](ctx, p.src.Client, bitbucket.Path("/repositories/%s", p.src.Workspace), longest, query) {
		if err != nil {
			return nil, err
		}
		p.page.number, p.page.values = number, page.Values
		return page.Values, nil
	}
	return nil, nil
}
