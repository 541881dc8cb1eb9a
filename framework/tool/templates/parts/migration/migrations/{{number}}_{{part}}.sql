-- {{part}}. Once it ran anywhere it is not changed any more: what comes next is a migration of its own.
select 1;
