-- The seats of a month are used, idle, or were never used.
select * from {{ source('bucketlake', 'seat_utilization_monthly') }}
where seats <> active_seats + idle_seats + never_used_seats
