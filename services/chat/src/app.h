// The application: what its handlers share, and its routes. main.cpp and the tests use the same.
#pragma once

#include <cstddef>
#include <memory>

#include <rondeau/rondeau.h>
#include <rondeau/sync/semaphore.h>

#include "history.h"
#include "rooms.h"

namespace chat {

struct App {
  History history;
  std::shared_ptr<Rooms> rooms;
  Counts counts;
  /// One permit for each connection.
  std::shared_ptr<rondeau::sync::Semaphore> connections = std::make_shared<rondeau::sync::Semaphore>(10'000);
};

rondeau::Router<App> routes(App app);

/// Each in the file of its name.
void add_join(rondeau::Router<App>& router);
void add_room_routes(rondeau::Router<App>& router);
void add_export(rondeau::Router<App>& router);

}  // namespace chat
