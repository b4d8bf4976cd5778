-- A pull request is not merged before it is opened.
select * from {{ ref('pull_request_times') }} where minutes_to_merge < 0
