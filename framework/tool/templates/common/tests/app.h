// An application for tests: all of it, with nothing outside of this process.
#pragma once

#include "../src/app.h"

namespace {{ns}} {

inline App test_app() {
  App app;
{{#if template=gateway}}
  app.upstream = make_proxy("http://127.0.0.1:1", std::chrono::seconds(1)).value();  // nobody listens there
{{/if}}
{{#if template=websocket}}
  app.rooms = std::make_shared<Rooms>(3);
{{/if}}
{{#if template=worker}}
  app.work = std::make_shared<Work>(3);
{{/if}}
{{#if store}}
  app.store = memory_store(5);
{{/if}}
  return app;
}

}  // namespace {{ns}}
