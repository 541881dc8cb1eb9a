// LiveRoutes: a router that is replaced while it serves.
//
//     auto routes = LiveRoutes::make(first);              // checked as by build()
//     spawn(serve(std::move(listener), routes->dispatcher()));
//     …
//     if (auto replaced = routes->replace(second); !replaced) …   // the first one goes on
#pragma once

#include <memory>
#include <utility>

#include <rondeau/base/result.h>
#include <rondeau/routing/dispatcher.h>
#include <rondeau/routing/router.h>

namespace rondeau::routing {

/// One table of routes at a time, for new requests; each request keeps the one it came to until its answer is complete.
///
/// Copies are handles to the same. Thread safety: any thread. Lifetime: what dispatcher() gave lives on its own. The
/// states of routers that were replaced are kept, since a WebSocket may use one for as long as it likes.
class LiveRoutes {
 public:
  class Slot;

  /// Errors: those of Router::build().
  template <class App>
  static Result<LiveRoutes> make(const Router<App>& router) {
    RONDEAU_TRY_PLAIN(auto built, router.build());
    return LiveRoutes(std::move(built));
  }

  /// From now on new requests go by this router. Errors: those of Router::build(); then nothing changes.
  template <class App>
  Result<void> replace(const Router<App>& router) const {
    RONDEAU_TRY_PLAIN(auto built, router.build());
    put(std::move(built));
    return {};
  }

  /// What a server serves: always the newest routes.
  const std::shared_ptr<const Dispatcher>& dispatcher() const noexcept { return dispatcher_; }

 private:
  explicit LiveRoutes(std::shared_ptr<const Dispatcher> first);
  void put(std::shared_ptr<const Dispatcher> next) const;

  std::shared_ptr<Slot> slot_;
  std::shared_ptr<const Dispatcher> dispatcher_;
};

}  // namespace rondeau::routing

namespace rondeau {
using routing::LiveRoutes;
}  // namespace rondeau
