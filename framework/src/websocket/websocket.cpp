#include <rondeau/websocket/websocket.h>

namespace rondeau::websocket {

json::Errors no_text() {
  return {{{"", std::string(json::codes::kType), "must be a message of text"}}, true};
}

}  // namespace rondeau::websocket
