import { test } from 'node:test';
import { needs } from '../support/parts.ts';
import { followGuide } from './follow.ts';

test('the guide for Django', needs('curl', 'django', 'gunicorn'), (t) => followGuide(t, 'docs/guides/django.md'));
