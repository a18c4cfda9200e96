#!/usr/bin/env node
import '../dist/vaultdb.js'
