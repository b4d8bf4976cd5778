package transform

import "bucketlake/schemas"

// Configuration counts what is set up, by repository and feature.
type Configuration struct {
	places Places
	items  map[configured]*schemas.FeatureConfiguration
}

type configured struct{ repository, feature string }

// NewConfiguration counts in the repositories of places alone: what is set up in one that is no more
// is not set up.
func NewConfiguration(places Places) *Configuration {
	return &Configuration{places, map[configured]*schemas.FeatureConfiguration{}}
}

// Add counts one item of a feature; an empty repository stands for the workspace. Deleted items don't
// count.
func (c *Configuration) Add(repository, feature string, s schemas.Synced) {
	place, live := c.places.Repositories[repository]
	if !s.DeletedAt.IsZero() || !live && repository != "" {
		return
	}
	key := configured{repository, feature}
	if c.items[key] == nil {
		c.items[key] = &schemas.FeatureConfiguration{
			RepositoryUUID: repository, Feature: feature, Repository: place.Repository, ProjectKey: place.ProjectKey, ProjectName: place.ProjectName,
		}
	}
	c.items[key].Items++
}

// Rows returns the counts, in no order.
func (c *Configuration) Rows() []any {
	rows := make([]any, 0, len(c.items))
	for _, row := range c.items {
		rows = append(rows, row)
	}
	return rows
}
