// The application: what its handlers share, and its routes. main.cpp and the tests use the same.
#pragma once

#include <memory>
#include <string>

#include <rondeau/rondeau.h>

#include "clicks.h"
#include "store.h"

namespace shortlink {

struct App {
  std::shared_ptr<Store> store;
  std::shared_ptr<ClickQueue> clicks;
  std::string base_url;  ///< of short links, without a slash at the end: "https://sho.rt"; links to it are refused
  bool base_from_host = false;  ///< what a request's Host field says goes before base_url
};

using Host = std::optional<rondeau::Header<"host", std::string>>;
/// What short URLs begin with for the client that sent this Host.
std::string base_url(const App& app, const Host& host);

rondeau::Router<App> routes(App app);

}  // namespace shortlink
