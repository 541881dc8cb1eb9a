// expects: rondeau: rename names a member that this struct has not
#include <array>

#include <rondeau/json/json.h>

struct Renamed {
  static constexpr std::array rename{rondeau::Rename{"idd", "_id"}};
  int id;
};

auto text = rondeau::json::to_string(Renamed{});
