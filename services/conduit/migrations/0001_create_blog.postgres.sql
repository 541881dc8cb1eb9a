-- Times are milliseconds since 1970 in UTC, as they are in SQLite. Texts are compared byte by byte.
create table users (
  id bigint generated always as identity primary key, email text collate "C" not null unique,
  username text collate "C" not null unique, password_hash text not null, bio text, image text
);
create table follows (
  follower bigint not null references users on delete cascade,
  followee bigint not null references users on delete cascade,
  primary key (follower, followee)
);
create index follows_followee on follows (followee);
create table articles (
  id bigint generated always as identity primary key, slug text collate "C" not null unique,
  author bigint not null references users on delete cascade,
  title text not null, description text not null, body text not null,
  created_at bigint not null, updated_at bigint not null
);
create index articles_newest on articles (created_at desc, id desc);
create index articles_author on articles (author);
create table article_tags (
  article bigint not null references articles on delete cascade, tag text collate "C" not null,
  primary key (article, tag)
);
create index article_tags_tag on article_tags (tag);
create table favorites (
  reader bigint not null references users on delete cascade,
  article bigint not null references articles on delete cascade,
  primary key (article, reader)
);
create index favorites_reader on favorites (reader);
create table comments (
  id bigint generated always as identity primary key,
  article bigint not null references articles on delete cascade,
  author bigint not null references users on delete cascade, body text not null,
  created_at bigint not null, updated_at bigint not null
);
create index comments_article on comments (article, created_at, id);
create index comments_author on comments (author);
