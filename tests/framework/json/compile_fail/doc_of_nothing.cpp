// expects: rondeau: doc names a member that this struct has not
#include <array>

#include <rondeau/json/json.h>

struct Told {
  static constexpr std::array doc{rondeau::Doc{"idd", "who it is"}};
  int id;
};

auto text = rondeau::json::to_string(Told{});
