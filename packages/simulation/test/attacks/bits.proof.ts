import { test } from 'vitest'
import { expectGroup, GROUPS } from './expect-group.ts'

test.each(GROUPS.filter((group) => group.startsWith('Bits')))('%s', expectGroup)
