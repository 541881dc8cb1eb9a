// The application: what its handlers share, and its routes. main.cpp and the tests use the same.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <rondeau/rondeau.h>

#include "article_store.h"
#include "comment_store.h"
#include "feed_events.h"
#include "login_limit.h"
#include "passwords.h"
#include "tokens.h"
#include "user_store.h"

namespace conduit {

struct App {
  UserStore users;
  ArticleStore articles;
  CommentStore comments;
  Tokens tokens;
  std::shared_ptr<PasswordHasher> passwords;
  std::shared_ptr<LoginLimit> logins;
  std::shared_ptr<Feeds> feeds;
  std::vector<std::string> origins = {};  ///< whose pages may use the API; empty: all
};

rondeau::Router<App> routes(App app);

/// The routes of each resource, without the prefix /api. Each is in the file of its name.
void add_users(rondeau::Router<App>& api);
void add_profiles(rondeau::Router<App>& api);
void add_articles(rondeau::Router<App>& api);
void add_article_lists(rondeau::Router<App>& api);
void add_favorites(rondeau::Router<App>& api);
void add_comments(rondeau::Router<App>& api);
void add_tags(rondeau::Router<App>& api);

}  // namespace conduit
