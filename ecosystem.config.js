// Written by `vastify generate` from vastify.config: change that, not this.
module.exports = require("./deploy/ecosystem.config.js");
