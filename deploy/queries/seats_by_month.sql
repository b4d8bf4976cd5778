-- How many seats were used in each month? The last month is not over.
select workspace, month_start, seats, active_seats, idle_seats, never_used_seats, round(100 * utilization, 1) as percent_used
from seat_utilization_monthly
order by workspace, month_start;
