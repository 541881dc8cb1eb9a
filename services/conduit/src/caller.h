// What several handlers begin with: who sends the request – Depends<current_user> where somebody must, Depends<viewer>
// where somebody may – and which article it is about.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include <rondeau/rondeau.h>

#include "app.h"
#include "failure.h"

namespace conduit {

/// 401 without a token, with a bad one, and with one of a user who is gone.
rondeau::Task<rondeau::Result<Account, Failure>> current_user(rondeau::State<App> app, AccessToken token);

struct Viewer {
  std::int64_t id = 0;  ///< 0: anonymous
};
/// Without a token anonymous; else as current_user().
rondeau::Task<rondeau::Result<Viewer, Failure>> viewer(rondeau::State<App> app, std::optional<AccessToken> token);

/// The article of that slug as `reader` sees it; 404.
rondeau::Task<rondeau::Result<StoredArticle, Failure>> known_article(ArticleStore articles, std::int64_t reader,
                                                                     std::string slug);

}  // namespace conduit
