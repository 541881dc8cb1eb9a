// What the command line may ask about the routes of a service.
#pragma once

#include <string>

#include <rondeau/openapi/document.h>
#include <rondeau/routing/dispatcher.h>

#include "service/flags.h"

namespace rondeau::service {

/// Does what `flags` ask for and returns the exit code.
int inspect(const Flags& flags, const openapi::Info& info, const routing::Dispatcher& routes);

/// "GET     /links/{id}  get_links_id  src/app.cpp:12", and below it layers and limits.
std::string routes_text(const routing::Dispatcher& routes);

}  // namespace rondeau::service
