package transform

import "bucketlake/schemas"

// FeatureUsage counts usage events by day, account, feature and repository.
type FeatureUsage struct {
	days map[usageKey]*schemas.FeatureUsageDay
}

type usageKey struct {
	day                             schemas.Date
	kind, user, feature, repository string
}

// Add counts an event. Where an account changed its name, the name of the last event added stands:
// add events in the order of their time.
func (u *FeatureUsage) Add(e *schemas.UsageEvent) {
	if u.days == nil {
		u.days = map[usageKey]*schemas.FeatureUsageDay{}
	}
	key := usageKey{schemas.DateOf(e.OccurredAt), e.UserType, e.UserUUID, e.Feature, e.RepositoryUUID}
	day := u.days[key]
	if day == nil {
		day = &schemas.FeatureUsageDay{
			Day: key.day, UserType: e.UserType, UserUUID: e.UserUUID, Feature: e.Feature, RepositoryUUID: e.RepositoryUUID,
		}
		u.days[key] = day
	}
	day.AccountID, day.DisplayName, day.Nickname = e.AccountID, e.DisplayName, e.Nickname
	day.ProjectKey, day.ProjectName, day.Repository = e.ProjectKey, e.ProjectName, e.Repository
	day.Events++
}

// Rows returns the counts, in no order.
func (u *FeatureUsage) Rows() []any {
	rows := make([]any, 0, len(u.days))
	for _, day := range u.days {
		rows = append(rows, day)
	}
	return rows
}
