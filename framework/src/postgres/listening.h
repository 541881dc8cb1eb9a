// What a Listener is made of: a task that connects, listens, and fills a queue.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <rondeau/postgres/listener.h>

#include "postgres/settings.h"

namespace rondeau::postgres {

std::shared_ptr<Listener::State> start_listening(std::shared_ptr<const Settings> settings,
                                                 std::vector<std::string> channels, ListenOptions options);

}  // namespace rondeau::postgres
