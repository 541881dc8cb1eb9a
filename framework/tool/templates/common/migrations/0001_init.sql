{{#if db=sqlite}}
create table items (
  id integer primary key autoincrement, name text not null unique, quantity integer not null
) strict;
{{/if}}
{{#if db=postgres}}
create table items (
  id bigint generated always as identity primary key, name text not null unique, quantity bigint not null
);
{{/if}}
