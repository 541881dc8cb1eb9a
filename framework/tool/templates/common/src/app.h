// The application: what its handlers share, and its routes. main.cpp and the tests use the same.
#pragma once

#include <memory>
{{#if template=minimal}}
#include <string>
{{/if}}

#include <rondeau/rondeau.h>

{{#if template=gateway}}
#include "proxy.h"
{{/if}}
{{#if template=websocket}}
#include "rooms.h"
{{/if}}
{{#if store}}
#include "store.h"
{{/if}}
{{#if template=worker}}
#include "work.h"
{{/if}}
{{#if bare=no}}

{{/if}}
namespace {{ns}} {

struct App {
{{#if template=minimal}}
  std::string greeting = "Hello";
{{/if}}
{{#if template=gateway}}
  std::shared_ptr<const rondeau::ReverseProxy> upstream;
{{/if}}
{{#if template=websocket}}
  std::shared_ptr<Rooms> rooms;
{{/if}}
{{#if template=worker}}
  std::shared_ptr<Work> work;
{{/if}}
{{#if store}}
  std::shared_ptr<Store> store;
{{/if}}
};

rondeau::Router<App> routes(App app);

}  // namespace {{ns}}
