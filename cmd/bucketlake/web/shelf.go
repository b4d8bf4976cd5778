package web

import (
	"crypto/rand"
	"crypto/sha256"
	"sync"
	"time"
)

// shelf keeps values for a while, each under a key that can't be guessed. What is kept is found by the key's hash, so
// that the time of a lookup tells nothing of other keys.
type shelf[T any] struct {
	life time.Duration
	most int

	mu   sync.Mutex
	kept map[[sha256.Size]byte]item[T]
}

type item[T any] struct {
	value   T
	expires time.Time
}

func newShelf[T any](life time.Duration, most int) *shelf[T] {
	return &shelf[T]{life: life, most: most, kept: map[[sha256.Size]byte]item[T]{}}
}

// put keeps a value and returns its key. Where the shelf is full, what would expire first makes room.
func (s *shelf[T]) put(value T) (key string) {
	key = rand.Text()
	now := time.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	for len(s.kept) >= s.most {
		var first [sha256.Size]byte
		var at time.Time
		for k, i := range s.kept {
			if at.IsZero() || i.expires.Before(at) {
				first, at = k, i.expires
			}
		}
		delete(s.kept, first)
	}
	s.kept[sha256.Sum256([]byte(key))] = item[T]{value, now.Add(s.life)}
	return key
}

// get returns the value of a key that has not expired.
func (s *shelf[T]) get(key string) (value T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	i, ok := s.kept[sha256.Sum256([]byte(key))]
	if !ok || time.Now().After(i.expires) {
		return value, false
	}
	return i.value, true
}

// take is get, once.
func (s *shelf[T]) take(key string) (value T, ok bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	hash := sha256.Sum256([]byte(key))
	i, ok := s.kept[hash]
	delete(s.kept, hash)
	if !ok || time.Now().After(i.expires) {
		return value, false
	}
	return i.value, true
}
