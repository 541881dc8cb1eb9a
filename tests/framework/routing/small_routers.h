// Routers that only say which of them answered, and what is wrong with one.
#pragma once

#include <string>

#include <rondeau/routing/router.h>

namespace support {

inline auto say(const char* text) {
  return [text] { return text; };
}

/// Answers `/`.
inline rondeau::Router<> saying(const char* text) {
  rondeau::Router<> router;
  router.get<"/">(say(text));
  return router;
}

/// Of build(); "built" where there is none.
template <class App>
std::string error_of(const rondeau::Router<App>& router) {
  const auto built = router.build();
  return built ? "built" : built.error().message();
}

}  // namespace support
