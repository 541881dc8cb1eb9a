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
  std::string base_url;  ///< of short links, without a slash at the end: "https://sho.rt"
  std::string own_host;  ///< its authority: links to it are refused
};

/// The authority of an http or https URL: "https://sho.rt" gives "sho.rt".
std::string host_of(const std::string& base_url);

rondeau::Router<App> routes(App app);

}  // namespace shortlink
