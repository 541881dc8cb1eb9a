-- Times are milliseconds since 1970 in UTC, as they are in SQLite. Texts are compared byte by byte. last_id stays when
-- old messages go, so that an id never comes twice.
create table rooms (name text collate "C" primary key, last_id bigint not null);
create table messages (
  room text collate "C" not null, id bigint not null, author text not null, text text not null, at bigint not null,
  primary key (room, id)
);
