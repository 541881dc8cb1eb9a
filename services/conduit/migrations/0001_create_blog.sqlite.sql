-- Times are milliseconds since 1970 in UTC.
create table users (
  id integer primary key, email text not null unique, username text not null unique, password_hash text not null,
  bio text, image text
) strict;
create table follows (
  follower integer not null references users on delete cascade,
  followee integer not null references users on delete cascade,
  primary key (follower, followee)
) without rowid, strict;
create index follows_followee on follows (followee);
create table articles (
  id integer primary key, slug text not null unique, author integer not null references users on delete cascade,
  title text not null, description text not null, body text not null,
  created_at integer not null, updated_at integer not null
) strict;
create index articles_newest on articles (created_at desc, id desc);
create index articles_author on articles (author);
create table article_tags (
  article integer not null references articles on delete cascade, tag text not null,
  primary key (article, tag)
) without rowid, strict;
create index article_tags_tag on article_tags (tag);
create table favorites (
  reader integer not null references users on delete cascade,
  article integer not null references articles on delete cascade,
  primary key (article, reader)
) without rowid, strict;
create index favorites_reader on favorites (reader);
-- autoincrement: the id of a comment that was deleted never means another one.
create table comments (
  id integer primary key autoincrement, article integer not null references articles on delete cascade,
  author integer not null references users on delete cascade, body text not null,
  created_at integer not null, updated_at integer not null
) strict;
create index comments_article on comments (article, created_at, id);
create index comments_author on comments (author);
