#include "routes/{{part}}.h"

namespace {{ns}} {

using namespace rondeau;

Task<Result<Json<{{Part}}>, Problem>> {{part}}({{own_parameters}}) {
  co_return Json{{{Part}}{{{values}}}};
}

}  // namespace {{ns}}
